// Softmax and its kin: a function of the elements along one axis at a time.
import { exp, log } from "@mpplan/formats";
import { intAttr, normalizeAxis, type Node, type Tensor } from "@mpplan/ir";
import { need, summing, type Adder, type ReferenceKernel, type SummingKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

/** Less the maximum, no exponential overflows and one of them is 1; the quotients are the same. */
export const softmax = summingAlongAxis((line, add) => {
  const most = largest(line);
  for (let i = 0; i < line.length; i++) line[i] = exp(line[i]! - most);
  const sum = add(line, line.length);
  for (let i = 0; i < line.length; i++) line[i]! /= sum;
});

export const logSoftmax = summingAlongAxis((line, add) => {
  const most = largest(line);
  const powers = line.map((x) => exp(x - most));
  const sum = add(powers, powers.length);
  for (let i = 0; i < line.length; i++) line[i] = line[i]! - most - log(sum);
});

export const hardmax: ReferenceKernel = (inputs, node) =>
  alongAxis(inputs, node, (line) => {
    const first = line.indexOf(largest(line));
    line.fill(0);
    if (first >= 0) line[first] = 1;
  });

function largest(line: Float64Array): number {
  return line.reduce((most, x) => Math.max(most, x), -Infinity);
}

function summingAlongAxis(change: (line: Float64Array, add: Adder) => void): SummingKernel {
  return summing((inputs, node, add) => alongAxis(inputs, node, (line) => change(line, add)));
}

/** `change` turns the elements along the axis into others, in place. */
function alongAxis(
  inputs: readonly (Tensor | null)[],
  node: Node,
  change: (line: Float64Array) => void,
): Tensor[] {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const { outer, inner } = around(x.dims, axis);
  const size = x.dims[axis]!;
  const line = new Float64Array(size);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = o * size * inner + j;
      for (let i = 0; i < size; i++) line[i] = source[first + i * inner]!;
      change(line);
      for (let i = 0; i < size; i++) target[first + i * inner] = line[i]!;
    }
  }
  return [result];
}
