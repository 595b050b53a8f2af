import { axisOrder } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stridesOf } from "./positions.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const transpose: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const strides = stridesOf(x.dims);
  const from = positions(
    result.dims,
    axisOrder(node, x.dims.length).map((axis) => strides[axis]!),
  );
  for (let i = 0; i < target.length; i++) target[i] = source[from[i]!]!;
  return [result];
};
