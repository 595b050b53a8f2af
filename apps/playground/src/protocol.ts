// What the page and its workers say to each other. To the page only small views cross over: numbers to draw, never a
// graph or a model.
import type { ComparisonRow, Plan, Profile } from "@mpplan/ir";
import type { PlanOptions } from "@mpplan/planner";

export const backendNames = ["cpu", "webgpu"] as const;
export type BackendName = (typeof backendNames)[number];

/** The verbs of the worker that computes: the page calls them by name and gets a promise. */
export interface Verbs {
  /** Reads a model and its samples, lays the graph out, and forgets the model before it; what is refused changes nothing. */
  open(source: Source): Promise<ModelView>;
  /** Has this backend run plans and inputs from now on. Where it cannot, the one before it stays. */
  use(backend: BackendName): Promise<BackendView>;
  /** Calibrates; told by `progress` events, ended early by `cancel`. */
  calibrate(): Promise<ProfileView>;
  /** Measures the chart's plans that this backend has not measured yet; every row comes as a `row` event. */
  chart(): Promise<void>;
  /** Runs that cut on the evaluation samples. A later measurement ends it, and so does `rest`: null. */
  measure(cut: Cut): Promise<Measured | null>;
  rest(): Promise<void>;
  /** Runs one input in every mode that there is a plan for. */
  run(input: RunInput, cut: Cut | null): Promise<RunView>;
  document(kind: DocumentKind, cut: Cut): Promise<DocumentView>;
  device(): Promise<DeviceView>;
  /** How the GPU accumulates: facts, and what was seen. */
  probe(): Promise<readonly (readonly [fact: string, seen: string])[]>;
  /** Ends what is going on as soon as the next run is over. */
  cancel(): Promise<void>;
  /** Where the worker that cuts is spoken to. */
  join(port: MessagePort): Promise<void>;
}

/** The verbs of the worker that cuts: it runs nothing, so that the knob never waits for a run. */
export interface CutVerbs {
  /** A cut through the fronts that are there. */
  view(cut: Cut): Promise<CutView>;
  /** Where the worker that computes is listened to. */
  join(port: MessagePort): Promise<void>;
}

/** What the worker that computes asks of the one that cuts. */
export interface FrontVerbs {
  /** Makes the fronts of a profile, which crosses over once, and tells the cheapest cost of each kind. */
  adopt(profile: Profile, options: PlanOptions): Promise<ProfileView["least"]>;
  plan(cut: Cut): Promise<Plan>;
  forget(): Promise<void>;
}

export interface Source {
  /** Null: the bundled digit model and its samples. */
  readonly model: File | null;
  /** Sample files of any supported format, or images, and weights that the model keeps in files of their own. No samples:
   * random data. */
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
  /** Files among the data that hold weights. */
  readonly weights: readonly string[];
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
  readonly backend: BackendName;
}

/** A row of the chart; null where there was nothing to run. */
export interface MeasuredRow extends ComparisonRow {
  readonly backend: BackendName | null;
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
  readonly ran: RanView;
}

/** What the sessions of a run say that was executed, and where. */
export interface RanView {
  readonly backend: BackendName;
  readonly adapter: string | null;
  readonly milliseconds: number;
  /** Modes that follow a plan: all but the exact one. */
  readonly modes: number;
  /** Sums that those plans decide, and how many of them the backend carried out itself. */
  readonly sums: number;
  readonly own: number;
  /** What was done instead of what was asked for, and at which nodes. */
  readonly substitutions: readonly { readonly what: string; readonly nodes: readonly string[] }[];
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
  /** How the outputs compare with the cpu's; null where the cpu computed them. */
  readonly bits: Bits | null;
}

export interface Bits {
  readonly same: boolean;
  /** The largest |difference| of two outputs. */
  readonly difference: number;
}

export type DocumentKind = "plan" | "report" | "comparison" | "profile";

export interface DocumentView {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

export interface BackendView {
  readonly name: BackendName;
  /** Of the GPU, where it computes. */
  readonly adapter: string | null;
}

export interface DeviceView {
  readonly threads: number;
  /** Why there is one thread where more were wished for. */
  readonly oneThread: string | null;
  readonly isolated: boolean;
  readonly simd: boolean;
  readonly cores: number;
  readonly gpu: GpuView;
}

export type GpuView =
  | { readonly kind: "adapter"; readonly name: string; readonly software: boolean; readonly halves: boolean }
  | { readonly kind: "missing"; readonly problem: ErrorView };

export interface ErrorView {
  readonly what: string;
  readonly where: string;
  readonly next: string;
  /** True where the user asked for the end. */
  readonly cancelled: boolean;
}

export type Told =
  | { readonly kind: "ready"; readonly presets: readonly string[] }
  /** The GPU failed, and the cpu took over. */
  | { readonly kind: "fallback"; readonly backend: BackendView; readonly problem: ErrorView }
  | { readonly kind: "progress"; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly kind: "row"; readonly row: MeasuredRow; readonly done: number; readonly total: number };
