// Normalisations per channel, per group, over a window of channels, or along axes.
import {
  floatAttr,
  intAttr,
  intsAttr,
  normalizeAxes,
  normalizeAxis,
  sizeOf,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { need, summing, type Adder } from "../kernel.js";
import { positions, stretchedStrides } from "./positions.js";
import { sumsAt } from "./sums-at.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

/** Not `** 2`, which ECMAScript leaves to the implementation. */
const square = (x: number): number => x * x;

/** The mean of some elements, and that of their squared deviations from it: neurons 0 and 1. */
export function statisticsOf(values: Float64Array, add: Adder): { mean: number; variance: number } {
  const mean = add(values, values.length, 0) / values.length;
  const squares = values.map((v) => square(v - mean));
  return { mean, variance: add(squares, squares.length, 1) / values.length };
}

export const instanceNormalization = summing((inputs, node, add) =>
  perGroup(inputs, node, need(inputs, 0, node).dims[1]!, add),
);

export const groupNormalization = summing((inputs, node, add) =>
  perGroup(inputs, node, intAttr(node, "num_groups"), add),
);

function perGroup(inputs: readonly (Tensor | null)[], node: Node, groups: number, add: Adder): Tensor[] {
  const x = need(inputs, 0, node);
  const [scale, bias] = [elementsOf(need(inputs, 1, node).data), elementsOf(need(inputs, 2, node).data)];
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const epsilon = floatAttr(node, "epsilon");
  const channels = x.dims[1]!;
  const pixels = around(x.dims, 1).inner;
  const size = (channels / groups) * pixels;
  for (let first = 0; first < source.length; first += size) {
    const { mean, variance } = statisticsOf(source.subarray(first, first + size), add);
    const root = Math.sqrt(variance + epsilon);
    for (let i = first; i < first + size; i++) {
      const c = Math.floor(i / pixels) % channels;
      target[i] = (scale[c]! * (source[i]! - mean)) / root + bias[c]!;
    }
  }
  return [result];
}

export const lrn = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const [alpha, beta, bias] = [floatAttr(node, "alpha"), floatAttr(node, "beta"), floatAttr(node, "bias")];
  const size = intAttr(node, "size");
  const channels = x.dims[1]!;
  const pixels = around(x.dims, 1).inner;
  const squares = new Float64Array(Math.min(size, channels));
  for (let i = 0; i < source.length; i++) {
    const c = Math.floor(i / pixels) % channels;
    const from = Math.max(0, c - Math.floor((size - 1) / 2));
    const to = Math.min(channels - 1, c + Math.ceil((size - 1) / 2));
    for (let other = from; other <= to; other++)
      squares[other - from] = square(source[i + (other - c) * pixels]!);
    target[i] = source[i]! / (bias + (alpha / size) * add(squares, to - from + 1)) ** beta;
  }
  return [result];
});

export const lpNormalization = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const p = intAttr(node, "p");
  const { places, lines } = placesAlong(x, [axis]);
  const powers = elementsOf(x.data).map((v) => Math.abs(v) ** p);
  const norms = sumsAt(powers, places, lines, add).map((sum) => (p === 1 ? sum : Math.sqrt(sum)));
  return [mapped(inputs, node, (v, i) => (norms[places[i]!] === 0 ? 0 : v / norms[places[i]!]!))];
});

export const meanVarianceNormalization = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const axes = normalizeAxes(node, intsAttr(node, "axes"), x.dims.length);
  const { places, lines } = placesAlong(x, axes);
  const count = axes.reduce((product, axis) => product * x.dims[axis]!, 1);
  const means = sumsAt(elementsOf(x.data), places, lines, add, 0).map((sum) => sum / count);
  const squares = elementsOf(x.data).map((v, i) => square(v - means[places[i]!]!));
  const variances = sumsAt(squares, places, lines, add, 1).map((sum) => sum / count);
  return [
    mapped(inputs, node, (v, i) => (v - means[places[i]!]!) / (Math.sqrt(variances[places[i]!]!) + 1e-9)),
  ];
});

/** For every element, the number of the line along those axes that it is in, and how many there are. */
function placesAlong(x: Tensor, axes: readonly number[]): { places: Int32Array; lines: number } {
  const kept = x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return { places: positions(x.dims, stretchedStrides(kept, x.dims)), lines: sizeOf(kept) };
}

function mapped(inputs: readonly (Tensor | null)[], node: Node, f: (x: number, i: number) => number): Tensor {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const target = elementsOf(result.data);
  elementsOf(x.data).forEach((v, i) => (target[i] = f(v, i)));
  return result;
}
