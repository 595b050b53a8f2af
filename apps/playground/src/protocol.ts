// What the page and its worker say to each other. Only small views cross over: numbers to draw, never a graph or a model.
import type { ComparisonRow } from "@mpplan/ir";

/** The worker's verbs: the page calls them by name and gets a promise. */
export interface Verbs {
  /** Reads a model and its samples, and lays the graph out. Forgets the model before it. */
  open(source: Source): Promise<ModelView>;
  /** Calibrates; told by `progress` events, ended early by `cancel`. */
  calibrate(): Promise<ProfileView>;
  /** Makes the chart's plans one after another and measures each; every row comes as a `row` event too. */
  chart(): Promise<readonly ComparisonRow[]>;
  /** A cut through fronts that are there already: nothing is run. */
  cut(cut: Cut): Promise<CutView>;
  /** Runs that cut on the evaluation samples. A later cut or measurement ends it: null. */
  measure(cut: Cut): Promise<Measured | null>;
  /** Runs one input in every mode that there is a plan for. */
  run(input: RunInput, cut: Cut | null): Promise<RunView>;
  document(kind: DocumentKind, cut: Cut): Promise<DocumentView>;
  device(): Promise<DeviceView>;
  /** How the GPU accumulates: facts, and what was seen. */
  probe(): Promise<readonly (readonly [fact: string, seen: string])[]>;
  /** Ends what is going on as soon as the next run is over. */
  cancel(): Promise<void>;
}

export type Verb = keyof Verbs;

export interface Source {
  /** Null: the bundled digit model and its samples. */
  readonly model: File | null;
  /** Sample files of any supported format, or images. None: random data. */
  readonly data: readonly File[];
  /** As typed: numbers or fractions, several separated by commas; empty for none. */
  readonly scale: string;
  readonly mean: string;
  readonly std: string;
  readonly preset: string;
}

export interface ModelView {
  readonly name: string;
  readonly bytes: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly samples: number;
  readonly random: boolean;
  readonly notes: readonly string[];
  /** Side of the square grey image that the model takes; null where it takes something else. */
  readonly pad: number | null;
  readonly sites: readonly SiteView[];
  readonly drawing: GraphDrawing;
  /** Names of the formats, cheapest first. */
  readonly formats: readonly string[];
}

export interface SiteView {
  readonly id: string;
  readonly op: string;
  readonly neurons: number;
  readonly length: number;
  readonly macs: number;
}

export interface GraphDrawing {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly (readonly Point[])[];
  /** Nodes without sums that are left out, because there are too many to see. */
  readonly folded: number;
}

export interface DrawnNode {
  readonly name: string;
  readonly op: string;
  /** Index into the sites; null where nothing is summed that a plan speaks of. */
  readonly site: number | null;
  /** Centre, and size. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const kappaKinds = ["kappaV", "kappaPhiKappaV", "kappaPrime"] as const;
export type KappaKind = (typeof kappaKinds)[number];

export interface ProfileView {
  /** Samples that were measured, and how many there were to measure: fewer where it was cancelled. */
  readonly measured: number;
  readonly wanted: number;
  /** The cheapest cost that each method can keep. */
  readonly least: Readonly<Record<"hybrid" | "static", number>>;
  /** Per site: log2 of the median condition number of every neuron, -Infinity for 0. */
  readonly kappa: Readonly<Record<KappaKind, readonly Float32Array[]>>;
}

export type Method = "hybrid" | "static" | "dynamic";

/** A modelled cost for hybrid and static, a tau for dynamic. */
export interface Cut {
  readonly method: Method;
  readonly value: number;
}

export interface CutView {
  readonly cut: Cut;
  /** Expected from the profile. */
  readonly cost: number;
  readonly fractionHigh: number;
  readonly sites: readonly SiteCut[];
}

export interface SiteCut {
  /** Per neuron, 0 = all in the cheapest format, 1 = all in the highest. */
  readonly level: Float32Array;
  /** Per neuron, 1 where a run-time test decides. */
  readonly dynamic: Uint8Array;
  readonly mean: number;
  readonly because: string;
}

export interface Measured {
  readonly error: number | null;
  readonly flips: number | null;
  readonly cost: number;
  readonly fractionHigh: number;
  readonly samples: number;
}

export type RunInput =
  | { readonly kind: "drawing"; readonly pixels: Uint8Array }
  | { readonly kind: "sample"; readonly index: number };

export interface RunView {
  readonly label: number | null;
  /** The input as grey values from 0 to 255, where the model takes such images. */
  readonly pixels: Uint8Array | null;
  readonly output: string;
  readonly classifier: boolean;
  readonly modes: readonly ModeView[];
}

export interface ModeView {
  readonly name: string;
  /** The first values of the first output. */
  readonly values: readonly number[];
  /** How many there are. */
  readonly total: number;
  /** Relative error that this mode was measured to have; 0 for the reference, null where nothing was measured. */
  readonly error: number | null;
  readonly measuredOn: number;
  readonly cost: number | null;
}

export type DocumentKind = "plan" | "report" | "comparison" | "profile";

export interface DocumentView {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

export interface DeviceView {
  readonly backend: string;
  readonly threads: number;
  /** Why there is one thread where more were wished for. */
  readonly oneThread: string | null;
  readonly isolated: boolean;
  readonly simd: boolean;
  readonly cores: number;
  readonly webgpu: string;
}

export interface ErrorView {
  readonly what: string;
  readonly where: string;
  readonly next: string;
  /** True where the user asked for the end. */
  readonly cancelled: boolean;
}

export interface Call {
  readonly id: number;
  readonly verb: Verb;
  readonly args: readonly unknown[];
}

export type Told =
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly error: ErrorView }
  | { readonly kind: "ready"; readonly presets: readonly string[] }
  | { readonly kind: "progress"; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly kind: "row"; readonly row: ComparisonRow; readonly done: number; readonly total: number };
