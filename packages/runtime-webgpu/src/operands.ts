// The operands of a node's sums as shaders read them: images with zeros around them, weights in the order of the steps.
import type { Layout } from "./layout.js";
import type { Bound, Stream } from "./stream.js";
import type { GpuTensor } from "./tensor.js";
import { packShader, padShader } from "./wgsl/products.js";

export interface Operands {
  readonly x: Bound;
  readonly weights: Bound;
  /** One zero where there is none. */
  readonly bias: Bound;
  readonly biased: boolean;
  /** Of the random sequences of stochastic sums. */
  readonly seed: number;
  /** Of |W||h| + |b|: operands without their signs. */
  readonly magnitudes: boolean;
  readonly out: Bound;
}

/** Weights in a layout's order, and whether they live on with their handle. */
export interface Packed {
  readonly bound: Bound;
  readonly kept: boolean;
}

export class OperandMaker {
  private zero: Bound | null = null;
  /** Packed weights by their handle, for as long as that lives. */
  private readonly packed = new WeakMap<GpuTensor, { shape: string; bound: Bound }>();

  constructor(
    private readonly stream: Stream,
    /** True for a handle that outlives the run. */
    private readonly lasts: (handle: GpuTensor) => boolean,
  ) {}

  /** A zero for sums without a bias. */
  nothing(): Bound {
    this.zero ??= { buffer: this.stream.upload(new Uint32Array(1)), bytes: 4 };
    return this.zero;
  }

  /** The images with zeros around them; null where none are needed. */
  pad({ padding, problem, tables }: Layout, x: Bound): Bound | null {
    if (!padding) return null;
    const { size, runs, runLength } = padding;
    const units = problem.units.length;
    const bytes = units * size * 4;
    const padded = { buffer: this.stream.pool.take(bytes), bytes };
    this.stream.clear(padded.buffer, bytes);
    const params = [size, runs, runLength, tables.runs, tables.froms];
    this.stream.dispatch(padShader, [x, tables, padded], params, units * runs * runLength);
    return padded;
  }

  /** Weights for the layout that belongs to `shape`. */
  pack({ tables, problem, width }: Layout, shape: string, w: GpuTensor): Packed {
    const known = this.packed.get(w);
    if (known?.shape === shape) return { bound: known.bound, kept: true };
    const { groups, length, columns, weights } = problem;
    const elements = groups * length * width;
    // No less than a tile's load, even where there is no term.
    const bytes = Math.max(elements * 4, 16);
    const bound = { buffer: this.stream.pool.take(bytes), bytes };
    const steps = [weights.columnStep, weights.termStep];
    const params = [
      0,
      length,
      columns,
      width,
      ...steps,
      tables.first,
      tables.order,
      tables.scales,
      tables.slots,
    ];
    const shader = packShader(tables.order >= 0, tables.scales >= 0);
    this.stream.dispatch(shader, [w.bound(this.stream), tables, bound], params, elements);
    const kept = this.lasts(w);
    if (kept) {
      w.attach(bound.buffer);
      this.packed.set(w, { shape, bound });
    }
    return { bound, kept };
  }
}
