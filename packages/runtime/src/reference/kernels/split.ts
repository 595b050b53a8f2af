import { dropsAxis, intAttr, normalizeAxis, sequenceSizes, splitSizes, type Tensor } from "@mpplan/ir";
import { need, overValues, type ReferenceKernel } from "../kernel.js";
import { select } from "./select.js";
import { contextOf } from "./tensors.js";

export const split: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  const axis = normalizeAxis(node, intAttr(node, "axis"), data.dims.length);
  return parts(data, axis, splitSizes(contextOf(inputs, node), data.dims[axis]!)!);
};

export const splitToSequence = overValues((inputs, node) => {
  const data = need(inputs, 0, node) as Tensor;
  const context = contextOf(inputs, node);
  const axis = normalizeAxis(node, intAttr(node, "axis"), data.dims.length);
  const items = parts(data, axis, sequenceSizes(context, data.dims[axis]!)).map((part) =>
    dropsAxis(context) ? { ...part, dims: part.dims.filter((_, i) => i !== axis) } : part,
  );
  return [{ kind: "sequence", of: { elem: data.elem, shape: null }, items }];
});

/** The tensor cut along an axis into parts of those sizes. */
export function parts(data: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  let start = 0;
  return sizes.map((size) => {
    const from = start;
    start += size;
    return select(
      data,
      axis,
      Array.from({ length: size }, (_, i) => from + i),
    );
  });
}
