import { intAttr, normalizeAxis } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const concat: ReferenceKernel = (inputs, node) => {
  const parts = inputs.map((_, i) => need(inputs, i, node));
  const result = zeros(parts[0]!.elem, outputDims(inputs, node));
  const axis = normalizeAxis(node, intAttr(node, "axis"), result.dims.length);
  const { outer, inner } = around(result.dims, axis);
  const target = elementsOf(result.data);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const part of parts) {
      const block = part.dims[axis]! * inner;
      const source = elementsOf(part.data);
      for (let i = 0; i < block; i++) target[to++] = source[o * block + i]!;
    }
  }
  return [result];
};
