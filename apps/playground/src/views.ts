// What the workers tell the page to draw: numbers and names, never a graph or a model.
import type { ComparisonRow } from "@mpplan/ir";

export const backendNames = ["cpu", "webgpu"] as const;
export type BackendName = (typeof backendNames)[number];

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
  /** Why there are not more threads. */
  readonly notMore: string;
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
