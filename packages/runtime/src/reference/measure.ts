// Measures the sums of a site for calibration: exact values, magnitudes, and every step of the low accumulators.
// Values are binary64's. Magnitudes and steps are statistics: binary32, in an order that every backend keeps.
import { formatNamed, maxFinite, minNormal } from "@mpplan/formats";
import {
  isFloat,
  resultFormat,
  type Accumulator,
  type Arrangement,
  type Node,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import type { LowMeasurement, SiteMeasurement } from "../backend.js";
import { createSumEngine } from "./accumulate.js";
import { arranged, unscaler } from "./arrange.js";
import { forEachComponent, magnitudesOf, RowLoader } from "./components.js";
import { productsOf, type Packed } from "./products.js";

const { fround } = Math;

/** A = |W||h| + |b| is the sum of this accumulator, on operands as they are stored between nodes. */
const magnitudeAccumulator: Accumulator = {
  format: "binary32",
  order: { kind: "sequential" },
  product: "f32-add",
  rounding: "nearest-even",
  overflow: "infinity",
};

/**
 * Exact values as they are; low sums in the given arrangement, and what is said of their errors in terms of v.
 *
 * @param inputs the exact inputs of the node, as the reference computes them.
 */
export function measureSite(
  node: Node,
  site: SumSite,
  inputs: (Tensor | null)[],
  accumulators: readonly Accumulator[],
  packed: Packed,
  arrangement?: Arrangement,
): SiteMeasurement {
  const products = productsOf(node, inputs, site, packed);
  // What a low sum would be given: the exact inputs as they are stored between nodes.
  const natural = productsOf(node, inputs.map(asBinary32), site, packed);
  const sizes = magnitudesOf(natural);
  const low32 = arranged(natural, arrangement);
  const stored = low32.products;
  const { length, weights, alpha, beta } = products;
  const size = products.groups * products.rows * products.columns;
  const neurons = new Int32Array(size);
  const v = new Float64Array(size);
  const magnitude = new Float64Array(size);
  const low = accumulators.map((a) => ({
    accumulator: a,
    engine: createSumEngine(a),
    tracer: createTracer(a),
    unscaled: unscaler(low32, a),
    value: new Float64Array(size),
    peak: new Float64Array(size),
    clipped: new Uint8Array(size),
    partialSquared: new Float64Array(size),
    ulpSquared: new Float64Array(size),
  }));
  const exact = new RowLoader(products);
  const narrow = new RowLoader(stored);
  const absolute = new RowLoader(sizes);
  const magnitudes = createSumEngine(magnitudeAccumulator);

  forEachComponent(products, (at, index, neuron) => {
    const { group, row, column } = at;
    const h = exact.row(at);
    const bias = products.bias(group, row, column);
    const from = (group * products.columns + column) * length;
    let sum = 0;
    for (let k = 0; k < length; k++) sum += weights[from + k]! * h[k]!;
    neurons[index] = neuron;
    v[index] = alpha * sum + beta * bias;
    const size = magnitudes.finish(
      magnitudes.sum(sizes.weights, from, absolute.row(at), 0, length),
      sizes.alpha,
      sizes.beta,
      sizes.bias(group, row, column),
    );
    // Its rounding must not make a sum that cancels nothing better conditioned than it can be.
    magnitude[index] = Math.max(size, Math.abs(v[index]!));
    if (low.length === 0) return;
    const storedRow = narrow.row(at);
    const storedBias = stored.bias(group, row, column);
    const factor = low32.unscale?.[neuron] ?? 1;
    for (const l of low) {
      l.engine.seed(index);
      const sum = l.engine.sum(stored.weights, from, storedRow, 0, length);
      const value = l.engine.finish(sum, alpha, beta, storedBias);
      l.value[index] = l.unscaled?.(value, neuron) ?? value;
      const steps = l.tracer(stored.weights, from, storedRow, length, alpha, beta, storedBias);
      l.peak[index] = steps.peak;
      l.clipped[index] = steps.clipped ? 1 : 0;
      l.partialSquared[index] = steps.partialSquared * factor * factor;
      l.ulpSquared[index] = steps.ulpSquared * factor * factor;
    }
  });
  return { neurons, v, magnitude, low: low satisfies readonly LowMeasurement[] };
}

/** The same tensor where its floats are binary32 numbers already, so that what is packed for it is found again. */
function asBinary32(t: Tensor | null): Tensor | null {
  if (!t || !isFloat(t.elem)) return t;
  const data = t.data as Float64Array;
  if (data.every((x) => Object.is(Math.fround(x), x))) return t;
  return { ...t, data: Float64Array.from(data, Math.fround) };
}

/** What the partial sums of one component came to. One object, used again for every component. */
interface Steps {
  peak: number;
  clipped: boolean;
  partialSquared: number;
  ulpSquared: number;
}

type Tracer = (
  w: Float64Array,
  from: number,
  h: Float64Array,
  n: number,
  alpha: number,
  beta: number,
  bias: number,
) => Steps;

/**
 * Follows the partial sums in the accumulator's order without its rounding, in binary32: their peak, and over the steps
 * that can round (those whose addend is not zero) their squares and the squares of their ulps.
 */
function createTracer(accumulator: Accumulator): Tracer {
  const inner = new Grid(accumulator.format);
  const outer = new Grid(resultFormat(accumulator));
  const block = blockLength(accumulator);
  const steps: Steps = { peak: 0, clipped: false, partialSquared: 0, ulpSquared: 0 };

  /** One rounding to the grid of the format that this step is in. */
  const step = (partial: number, grid: Grid): void => {
    const size = Math.abs(partial);
    if (size > steps.peak) steps.peak = size;
    if (size > grid.max) steps.clipped = true;
    steps.partialSquared = fround(steps.partialSquared + fround(size * size));
    grid.add(size);
  };

  /** A binary tree over the terms, as the engine sums it. */
  const tree = (w: Float64Array, from: number, h: Float64Array, at: number, n: number): number => {
    if (n < 2) {
      const term = n === 0 ? 0 : fround(w[from + at]! * h[at]!);
      if (term !== 0) step(term, inner);
      return term;
    }
    const half = 2 ** (31 - Math.clz32(n - 1));
    const left = tree(w, from, h, at, half);
    const right = tree(w, from, h, at + half, n - half);
    const sum = fround(left + right);
    if (left !== 0 && right !== 0) step(sum, inner);
    return sum;
  };

  const inBlocks = (w: Float64Array, from: number, h: Float64Array, n: number): number => {
    let total = 0;
    for (let k = 0; k < n; k += block) {
      const end = Math.min(n, k + block);
      let partial = 0;
      for (let i = k; i < end; i++) {
        const term = fround(w[from + i]! * h[i]!);
        if (term === 0) continue;
        partial = fround(partial + term);
        step(partial, inner);
      }
      if (block >= n) {
        total = partial;
      } else if (partial !== 0) {
        total = fround(total + partial);
        // Adding the first block to zero rounds nothing.
        if (total !== partial) step(total, outer);
      }
    }
    return total;
  };

  return (w, from, h, n, alpha, beta, bias) => {
    steps.peak = 0;
    steps.clipped = false;
    steps.partialSquared = 0;
    inner.squares = 0;
    outer.squares = 0;
    const total = accumulator.order.kind === "pairwise" ? tree(w, from, h, 0, n) : inBlocks(w, from, h, n);
    const scaled = alpha === 1 ? total : fround(fround(alpha) * total);
    if (alpha !== 1) step(scaled, outer);
    const term = fround(fround(beta) * bias);
    if (term !== 0) step(fround(scaled + term), outer);
    steps.ulpSquared = inner.ulpSquared() + outer.ulpSquared();
    return steps;
  };
}

/** The inner run of the order; an aligned group is followed as one run. */
function blockLength({ order }: Accumulator): number {
  switch (order.kind) {
    case "sequential":
    case "pairwise":
      return Infinity;
    case "blocked":
      return order.block;
    case "chunked":
      return order.chunk;
    case "aligned":
      return order.group;
    default:
      return order satisfies never;
  }
}

const bits = new Float32Array(1);
const word = new Uint32Array(bits.buffer);

/** What a rounding step must know of its format, and the squared ulps of the steps so far. */
class Grid {
  readonly max: number;
  private readonly smallest: number;
  /** (ulp / power of two)^2 */
  private readonly unit: number;
  /** The sum of the squares of the powers of two at or below the partial sums, in binary32. */
  squares = 0;

  constructor(name: string) {
    const format = formatNamed(name);
    this.max = maxFinite(format);
    this.smallest = Math.max(minNormal(format), 2 ** -126);
    this.unit = 4 ** (1 - format.precision);
  }

  add(size: number): void {
    bits[0] = size;
    word[0]! &= 0x7f800000;
    const power = Math.max(bits[0], this.smallest);
    this.squares = fround(this.squares + fround(power * power));
  }

  ulpSquared(): number {
    return this.squares * this.unit;
  }
}
