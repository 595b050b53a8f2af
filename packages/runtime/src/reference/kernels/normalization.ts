// Normalisations per channel, per group, over a window of channels, or along axes.
import {
  floatAttr,
  intAttr,
  intsAttr,
  normalizeAxes,
  normalizeAxis,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stretchedStrides } from "./positions.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

/** The mean of a function of the elements. */
export function meanOf(values: ArrayLike<number>, f: (x: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += f(values[i]!);
  return sum / values.length;
}

export const instanceNormalization: ReferenceKernel = (inputs, node) =>
  perGroup(inputs, node, need(inputs, 0, node).dims[1]!);

export const groupNormalization: ReferenceKernel = (inputs, node) =>
  perGroup(inputs, node, intAttr(node, "num_groups"));

function perGroup(inputs: readonly (Tensor | null)[], node: Node, groups: number): Tensor[] {
  const x = need(inputs, 0, node);
  const [scale, bias] = [elementsOf(need(inputs, 1, node).data), elementsOf(need(inputs, 2, node).data)];
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const epsilon = floatAttr(node, "epsilon");
  const channels = x.dims[1]!;
  const pixels = around(x.dims, 1).inner;
  const size = (channels / groups) * pixels;
  for (let first = 0; first < source.length; first += size) {
    const values = source.subarray(first, first + size);
    const mean = meanOf(values, (v) => v);
    const root = Math.sqrt(meanOf(values, (v) => (v - mean) ** 2) + epsilon);
    for (let i = first; i < first + size; i++) {
      const c = Math.floor(i / pixels) % channels;
      target[i] = (scale[c]! * (source[i]! - mean)) / root + bias[c]!;
    }
  }
  return [result];
}

export const lrn: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const [alpha, beta, bias] = [floatAttr(node, "alpha"), floatAttr(node, "beta"), floatAttr(node, "bias")];
  const size = intAttr(node, "size");
  const channels = x.dims[1]!;
  const pixels = around(x.dims, 1).inner;
  for (let i = 0; i < source.length; i++) {
    const c = Math.floor(i / pixels) % channels;
    const from = Math.max(0, c - Math.floor((size - 1) / 2));
    const to = Math.min(channels - 1, c + Math.ceil((size - 1) / 2));
    let squares = 0;
    for (let other = from; other <= to; other++) squares += source[i + (other - c) * pixels]! ** 2;
    target[i] = source[i]! / (bias + (alpha / size) * squares) ** beta;
  }
  return [result];
};

export const lpNormalization: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const p = intAttr(node, "p");
  const places = placesAlong(x, [axis]);
  const norms = sumsAt(x, places, (v) => Math.abs(v) ** p).map((sum) => (p === 1 ? sum : Math.sqrt(sum)));
  return [mapped(inputs, node, (v, i) => (norms[places[i]!] === 0 ? 0 : v / norms[places[i]!]!))];
};

export const meanVarianceNormalization: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const axes = normalizeAxes(node, intsAttr(node, "axes"), x.dims.length);
  const places = placesAlong(x, axes);
  const count = axes.reduce((product, axis) => product * x.dims[axis]!, 1);
  const means = sumsAt(x, places, (v) => v).map((sum) => sum / count);
  const variances = sumsAt(x, places, (v, i) => (v - means[places[i]!]!) ** 2).map((sum) => sum / count);
  return [
    mapped(inputs, node, (v, i) => (v - means[places[i]!]!) / (Math.sqrt(variances[places[i]!]!) + 1e-9)),
  ];
};

/** For every element, the number of the line along those axes that it is in. */
function placesAlong(x: Tensor, axes: readonly number[]): Int32Array {
  const kept = x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return positions(x.dims, stretchedStrides(kept, x.dims));
}

function sumsAt(x: Tensor, places: Int32Array, f: (x: number, i: number) => number): Float64Array {
  const sums = new Float64Array(
    places.length === 0 ? 0 : places.reduce((most, at) => Math.max(most, at), 0) + 1,
  );
  elementsOf(x.data).forEach((v, i) => (sums[places[i]!]! += f(v, i)));
  return sums;
}

function mapped(inputs: readonly (Tensor | null)[], node: Node, f: (x: number, i: number) => number): Tensor {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const target = elementsOf(result.data);
  elementsOf(x.data).forEach((v, i) => (target[i] = f(v, i)));
  return result;
}
