// Measures the sums of a site for calibration: exact values, magnitudes, and every step of the low accumulators.
import { formatNamed, maxFinite, minNormal, minSubnormal } from "@mpplan/formats";
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
import { forEachComponent, RowLoader } from "./components.js";
import { productsOf, type Packed } from "./products.js";

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
  const low32 = arranged(productsOf(node, inputs.map(asBinary32), site, packed), arrangement);
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

  forEachComponent(products, (at, index, neuron) => {
    const { group, row, column } = at;
    const h = exact.row(at);
    const bias = products.bias(group, row, column);
    const from = (group * products.columns + column) * length;
    let sum = 0;
    let size = 0;
    for (let k = 0; k < length; k++) {
      const term = weights[from + k]! * h[k]!;
      sum += term;
      size += Math.abs(term);
    }
    neurons[index] = neuron;
    v[index] = alpha * sum + beta * bias;
    magnitude[index] = Math.abs(alpha) * size + Math.abs(beta * bias);
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
 * Follows the unrounded partial sums in the accumulator's order: their peak, and over the steps that can round
 * (those whose addend is not zero) their squares and the squares of their ulps.
 */
function createTracer(accumulator: Accumulator): Tracer {
  const inner = gridOf(accumulator.format);
  const outer = gridOf(resultFormat(accumulator));
  const block = blockLength(accumulator);
  const steps: Steps = { peak: 0, clipped: false, partialSquared: 0, ulpSquared: 0 };

  /** One rounding to the grid of the format that this step is in. */
  const step = (partial: number, grid: Grid): void => {
    const size = Math.abs(partial);
    if (size > steps.peak) steps.peak = size;
    if (size > grid.max) steps.clipped = true;
    steps.partialSquared += size * size;
    const unit = grid.ulp(size);
    steps.ulpSquared += unit * unit;
  };

  /** A binary tree over the terms, as the engine sums it. */
  const tree = (w: Float64Array, from: number, h: Float64Array, at: number, n: number): number => {
    if (n < 2) {
      const term = n === 0 ? 0 : w[from + at]! * h[at]!;
      if (term !== 0) step(term, inner);
      return term;
    }
    const half = 2 ** (31 - Math.clz32(n - 1));
    const left = tree(w, from, h, at, half);
    const right = tree(w, from, h, at + half, n - half);
    if (left !== 0 && right !== 0) step(left + right, inner);
    return left + right;
  };

  const inBlocks = (w: Float64Array, from: number, h: Float64Array, n: number): number => {
    let total = 0;
    for (let k = 0; k < n; k += block) {
      const end = Math.min(n, k + block);
      let partial = 0;
      for (let i = k; i < end; i++) {
        const term = w[from + i]! * h[i]!;
        if (term === 0) continue;
        partial += term;
        step(partial, inner);
      }
      if (block >= n) {
        total = partial;
      } else if (partial !== 0) {
        total += partial;
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
    steps.ulpSquared = 0;
    const total = accumulator.order.kind === "pairwise" ? tree(w, from, h, 0, n) : inBlocks(w, from, h, n);
    if (alpha !== 1) step(alpha * total, outer);
    if (beta * bias !== 0) step(alpha * total + beta * bias, outer);
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

/** What a rounding step must know of its format. */
interface Grid {
  readonly max: number;
  readonly ulp: (x: number) => number;
}

function gridOf(name: string): Grid {
  const format = formatNamed(name);
  const ulp = createUlp(minNormal(format), minSubnormal(format), format.precision);
  return { max: maxFinite(format), ulp };
}

const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);

/** ulp(x) of a format for x >= 0, fast: the exponent field of x moved down by p - 1. */
function createUlp(
  smallestNormal: number,
  smallestSubnormal: number,
  precision: number,
): (x: number) => number {
  const shift = 2 ** (1 - precision);
  return (x) => {
    if (!(x >= smallestNormal)) return smallestSubnormal;
    if (x === Infinity) return Infinity;
    bits[0] = x;
    words[0] = 0;
    words[1]! &= 0x7ff00000;
    return bits[0] * shift;
  };
}
