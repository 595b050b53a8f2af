import { resolveSlices, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { select } from "./select.js";
import { contextOf, copyOf } from "./tensors.js";

export const slice: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  let result: Tensor = copyOf(data);
  for (const { axis, start, step, count } of resolveSlices(contextOf(inputs, node), data.dims)) {
    result = select(
      result,
      axis,
      Array.from({ length: count }, (_, i) => start + i * step),
    );
  }
  return [result];
};
