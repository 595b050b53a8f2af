import { intAttr, normalizeAxis, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const concat: ReferenceKernel = (inputs, node) => {
  const parts = inputs.map((_, i) => need(inputs, i, node));
  const dims = outputDims(inputs, node);
  return [joined(parts, normalizeAxis(node, intAttr(node, "axis"), dims.length), dims)];
};

/** The parts one after another along an axis, which makes a tensor of those dims. */
export function joined(parts: readonly Tensor[], axis: number, dims: readonly number[]): Tensor {
  const result = zeros(parts[0]!.elem, dims);
  const { outer, inner } = around(dims, axis);
  const target = elementsOf(result.data);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const part of parts) {
      const block = part.dims[axis]! * inner;
      const source = elementsOf(part.data);
      for (let i = 0; i < block; i++) target[to++] = source[o * block + i]!;
    }
  }
  return result;
}
