import { intAttr, normalizeAxis, toNumbers } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { select } from "./select.js";
import { outputDims } from "./tensors.js";

export const gather: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  // The definition has the indices at hand here, and refuses those that are out of range.
  const dims = outputDims(inputs, node);
  const axis = normalizeAxis(node, intAttr(node, "axis"), data.dims.length);
  const indices = toNumbers(need(inputs, 1, node)).map((i) => (i < 0 ? i + data.dims[axis]! : i));
  return [{ ...select(data, axis, indices), dims }];
};
