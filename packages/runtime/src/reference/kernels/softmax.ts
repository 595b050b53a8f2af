import { intAttr, normalizeAxis } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const softmax: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const { outer, inner } = around(x.dims, axis);
  const size = x.dims[axis]!;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = o * size * inner + j;
      let max = -Infinity;
      for (let i = 0; i < size; i++) max = Math.max(max, source[first + i * inner]!);
      // Less the maximum, no exponential overflows and one of them is 1; the quotients are the same.
      let sum = 0;
      for (let i = 0; i < size; i++)
        sum += target[first + i * inner] = Math.exp(source[first + i * inner]! - max);
      for (let i = 0; i < size; i++) target[first + i * inner]! /= sum;
    }
  }
  return [result];
};
