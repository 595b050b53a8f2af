import { intAttr, stringAttr, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stridesOf } from "./positions.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const depthToSpace: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const b = intAttr(node, "blocksize");
  const [n, c, h, w] = x.dims as [number, number, number, number];
  const dims = outputDims(inputs, node);
  if (stringAttr(node, "mode") === "CRD")
    return [reordered(x, [n, c / b / b, b, b, h, w], [0, 1, 4, 2, 5, 3], dims)];
  return [reordered(x, [n, b, b, c / b / b, h, w], [0, 3, 4, 1, 5, 2], dims)];
};

export const spaceToDepth: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const b = intAttr(node, "blocksize");
  const [n, c, h, w] = x.dims as [number, number, number, number];
  return [reordered(x, [n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4], outputDims(inputs, node))];
};

/** The tensor seen under other dims, their axes put in that order, the result given dims again. */
function reordered(
  x: Tensor,
  view: readonly number[],
  order: readonly number[],
  dims: readonly number[],
): Tensor {
  const strides = stridesOf(view);
  const from = positions(
    order.map((axis) => view[axis]!),
    order.map((axis) => strides[axis]!),
  );
  const result = zeros(x.elem, dims);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) target[i] = source[from[i]!]!;
  return result;
}
