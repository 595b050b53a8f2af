// The same elements under other dims, which the operator's definition works out.
import { isTensor } from "@mpplan/ir";
import { need, overValues, type ReferenceKernel } from "../kernel.js";
import { copyOf, outputDims } from "./tensors.js";

const sameElements: ReferenceKernel = (inputs, node) => [
  copyOf(need(inputs, 0, node), outputDims(inputs, node)),
];

export const flatten = sameElements;
/** Of a value of any kind; what others may write to is copied. */
export const identity = overValues((inputs, node) => {
  const value = need(inputs, 0, node);
  return [isTensor(value) ? copyOf(value) : value];
});
export const reshape = sameElements;
export const squeeze = sameElements;
export const unsqueeze = sameElements;
