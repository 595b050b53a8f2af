// Measures the sums of a site for calibration: exact values, magnitudes, and every step of the low accumulators.
import { formatNamed, maxFinite, minNormal, minSubnormal } from "@mpplan/formats";
import { resultFormat, type Accumulator, type Node, type SumSite, type Tensor } from "@mpplan/ir";
import type { LowMeasurement, SiteMeasurement } from "../backend.js";
import { createSumEngine } from "./accumulate.js";
import { forEachComponent, narrowed, RowLoader } from "./components.js";
import { productsOf, type Packed } from "./products.js";

/** @param inputs the exact inputs of the node, as the reference computes them. */
export function measureSite(
  node: Node,
  site: SumSite,
  inputs: (Tensor | null)[],
  accumulators: readonly Accumulator[],
  packed: Packed,
): SiteMeasurement {
  const products = productsOf(node, inputs, site, packed);
  const lowWeights = productsOf(node, narrowed(inputs), site, packed).weights;
  const { length, weights, alpha, beta } = products;
  const size = products.groups * products.rows * products.columns;
  const neurons = new Int32Array(size);
  const v = new Float64Array(size);
  const magnitude = new Float64Array(size);
  const low = accumulators.map((a) => ({
    accumulator: a,
    engine: createSumEngine(a),
    tracer: createTracer(a),
    value: new Float64Array(size),
    peak: new Float64Array(size),
    clipped: new Uint8Array(size),
    partialSquared: new Float64Array(size),
    ulpSquared: new Float64Array(size),
  }));
  const exact = new RowLoader(products);
  const narrow = new Float64Array(length);
  let rowInHand = "";

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
    if (rowInHand !== `${group}|${row}`) {
      // What a low sum would be given: the exact inputs as they are stored between nodes.
      for (let k = 0; k < length; k++) narrow[k] = Math.fround(h[k]!);
      rowInHand = `${group}|${row}`;
    }
    for (const l of low) {
      l.engine.seed(index);
      l.value[index] = l.engine.finish(l.engine.sum(lowWeights, from, narrow, 0, length), alpha, beta, bias);
      const steps = l.tracer(lowWeights, from, narrow, length, alpha, beta, bias);
      l.peak[index] = steps.peak;
      l.clipped[index] = steps.peak > steps.max ? 1 : 0;
      l.partialSquared[index] = steps.partialSquared;
      l.ulpSquared[index] = steps.ulpSquared;
    }
  });
  return { neurons, v, magnitude, low: low satisfies readonly LowMeasurement[] };
}

/** What the partial sums of one component came to. One object, used again for every component. */
interface Steps {
  peak: number;
  max: number;
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
  const inner = formatNamed(accumulator.format);
  const outer = formatNamed(resultFormat(accumulator));
  const block = blockLength(accumulator);
  const steps: Steps = { peak: 0, max: maxFinite(inner), partialSquared: 0, ulpSquared: 0 };
  const innerUlp = createUlp(minNormal(inner), minSubnormal(inner), inner.precision);
  const outerUlp = createUlp(minNormal(outer), minSubnormal(outer), outer.precision);

  const step = (partial: number, ulp: (x: number) => number): void => {
    const size = Math.abs(partial);
    if (size > steps.peak) steps.peak = size;
    steps.partialSquared += size * size;
    const unit = ulp(size);
    steps.ulpSquared += unit * unit;
  };

  return (w, from, h, n, alpha, beta, bias) => {
    steps.peak = 0;
    steps.partialSquared = 0;
    steps.ulpSquared = 0;
    let total = 0;
    for (let k = 0; k < n; k += block) {
      const end = Math.min(n, k + block);
      let partial = 0;
      for (let i = k; i < end; i++) {
        const term = w[from + i]! * h[i]!;
        if (term === 0) continue;
        partial += term;
        step(partial, innerUlp);
      }
      if (block >= n) {
        total = partial;
      } else if (partial !== 0) {
        total += partial;
        // Adding the first block to zero rounds nothing.
        if (total !== partial) step(total, outerUlp);
      }
    }
    if (bias !== 0) step(alpha * total + beta * bias, outerUlp);
    return steps;
  };
}

/** The inner run of the order; a tree is followed as runs of about sqrt(n), an aligned group as one run. */
function blockLength({ order }: Accumulator): number {
  switch (order.kind) {
    case "sequential":
      return Infinity;
    case "blocked":
      return order.block;
    case "chunked":
      return order.chunk;
    case "pairwise":
      return 2;
    case "aligned":
      return order.group;
    default:
      return order satisfies never;
  }
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
