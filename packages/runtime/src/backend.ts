// The contract between the executor and whatever computes: small enough to implement in a day.
import type {
  Accumulator,
  Arrangement,
  Body,
  Decision,
  ExecutedSite,
  Node,
  Plan,
  RuntimeValue,
  SumSite,
} from "@mpplan/ir";

/** A value where the backend keeps it: in memory, in wasm, on a GPU. Opaque to the executor. */
export type Handle = object;

/** What a node is asked to do. */
export interface KernelRequest {
  readonly node: Node;
  /** The node's sums of products, null where it carries out none. */
  readonly site: SumSite | null;
  /** How they, or its value sums, are carried out; null asks for the exact reference. */
  readonly decision: Decision | null;
  readonly accumulators: readonly Accumulator[];
  /** Added to a component's index to number it in the network: no two sites share a number. */
  readonly firstComponent: number;
  /** `binary32` rounds stored float32 values to binary32; `binary64` keeps the reference as it is. */
  readonly storage: "binary32" | "binary64";
  readonly seed: number;
  /** `floor` allows any arithmetic that is at least as precise as the decision's; default `exact`. */
  readonly semantics?: Plan["semantics"];
}

export interface Kernel {
  readonly kind: "kernel";
  run(inputs: readonly (Handle | null)[], context: KernelContext): KernelResult | Promise<KernelResult>;
}

/** A backend that cannot honour a request says why, and the session records what was done instead. */
export interface Unsupported {
  readonly kind: "unsupported";
  readonly reason: string;
}

/** What differs from run to run. */
export interface KernelContext {
  /** Makes random choices differ between samples. */
  readonly salt: number;
  /** Results that runs on the same inputs may share, see `Memo`. */
  readonly memo: Memo | null;
  /**
   * Runs a graph inside the node. Handles are those of the kernel's backend: one per input of that graph goes in and
   * stays the caller's, one per output comes back and is the caller's too. Absent where no executor runs the kernel.
   */
  readonly run?: RunBody;
  /** Counts one more round of a loop in the node, see `ExecutorOptions.maxRounds`. Absent where `run` is. */
  readonly round?: CountRound;
}

export type RunBody = (body: Body, inputs: readonly Handle[]) => Promise<Handle[]>;

/** @throws RuntimeError `too-many-rounds`. */
export type CountRound = (node: Node) => void;

export interface KernelResult {
  readonly outputs: readonly Handle[];
  /** For a node with sums that were decided: what was computed in which accumulator. */
  readonly executed?: SumCounts;
  /** The same where it is not known yet: called once, when the outputs of the run are there. */
  readonly executedLater?: () => Promise<SumCounts>;
  /** Set where something else was done than asked for, which only the inputs could tell. */
  readonly substitution?: string;
  /** How sums of values that no plan decides were carried out, as in "its sums are in ..."; left out, exactly. */
  readonly undecidedSums?: string;
}

export type SumCounts = Pick<ExecutedSite, "components" | "recomputed" | "magnitudes" | "total">;

/**
 * What calibration measures of a site given its exact inputs. Arrays have one entry per component. In a site whose
 * neurons are scaled by 2^e all of it is in terms of v (multiplied by 2^-e, squares by 2^-2e), except `peak` and
 * `clipped`, which are what the format saw.
 */
export interface SiteMeasurement {
  readonly neurons: Int32Array;
  /** The exact value W h + b. */
  readonly v: Float64Array;
  /** A = |W||h| + |b|, summed in binary32 and no less than |v|; Infinity beyond binary32. */
  readonly magnitude: Float64Array;
  readonly low: readonly LowMeasurement[];
}

/** What the exact run shows of a node's value sums: one entry per sum, in the order in which they are carried out. */
export interface ValueMeasurement {
  readonly neurons: Int32Array;
  readonly sum: Float64Array;
  /** Sum of |term|. */
  readonly magnitude: Float64Array;
  /** Largest |partial sum|. */
  readonly peak: Float64Array;
}

/** The same components in one low accumulator. */
export interface LowMeasurement {
  readonly value: Float64Array;
  /** Largest |partial sum|, without the accumulator's rounding (in binary32), over every step of its order. */
  readonly peak: Float64Array;
  /** 1 where a step went beyond the format's largest value. */
  readonly clipped: Uint8Array;
  /** Q: squared partial sums over the steps that can round. */
  readonly partialSquared: Float64Array;
  /** Squared ulps of the same partial sums. */
  readonly ulpSquared: Float64Array;
}

export interface Probe {
  readonly kind: "probe";
  run(inputs: readonly (Handle | null)[]): SiteMeasurement | Promise<SiteMeasurement>;
}

export interface KernelBackend {
  readonly name: string;
  /** True where kernels honour decisions over value sums; else the reference backend carries such nodes out, visibly. */
  readonly decidesValues?: boolean;
  kernelFor(request: KernelRequest): Kernel | Unsupported;
  /** Measures a site for calibration; its low sums in the given arrangement. */
  probeFor(
    node: Node,
    site: SumSite,
    accumulators: readonly Accumulator[],
    arrangement?: Arrangement,
  ): Probe | Unsupported;
  /** A backend that has no kernels for strings, sequences and the like may hand such a value back as its own handle. */
  upload(value: RuntimeValue): Handle;
  /** A value that outlives the handle. */
  download(handle: Handle): RuntimeValue | Promise<RuntimeValue>;
  /** Called once per handle of a run without a memo, when nothing reads it any more. */
  free(handle: Handle): void;
}

/**
 * Lets runs of several plans on one sample share what is equal. A backend keeps whatever it likes in it,
 * under keys of its own; whoever made it drops it with the sample.
 */
export class Memo {
  private readonly entries = new Map<string, { value: unknown; used: number }>();
  private readonly ids = new WeakMap<object, number>();
  private next = 0;
  private now = 0;

  /** The entry of that key, made now if there is none. */
  get<T>(key: string, make: () => T): T {
    let entry = this.entries.get(key);
    if (!entry) this.entries.set(key, (entry = { value: make(), used: this.now }));
    entry.used = this.now;
    return entry.value as T;
  }

  /**
   * Drops what was not used since the last turn, so that a memo may live on from one set of plans to the next with
   * what they have in common, and does not grow.
   */
  turn(): void {
    for (const [key, { used }] of this.entries) if (used < this.now) this.entries.delete(key);
    this.now++;
  }

  /** A number for an object, the same for the same object. */
  idOf(handle: object | null): number {
    if (handle === null) return -1;
    let id = this.ids.get(handle);
    if (id === undefined) this.ids.set(handle, (id = this.next++));
    return id;
  }
}
