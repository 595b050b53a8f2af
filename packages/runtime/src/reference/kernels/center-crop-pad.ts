import { cropTargets, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { select } from "./select.js";
import { contextOf, copyOf } from "./tensors.js";

export const centerCropPad: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  let result: Tensor = copyOf(data);
  for (const [axis, target] of cropTargets(contextOf(inputs, node), data.dims.length)) {
    const size = data.dims[axis]!;
    // The side that gets one more, cropped or padded, is the end.
    const before = Math.floor(Math.abs(target! - size) / 2);
    const start = target! < size ? before : -before;
    const coordinates = Array.from({ length: target! }, (_, i) => (start + i < size ? start + i : -1));
    result = select(result, axis, coordinates);
  }
  return [result];
};
