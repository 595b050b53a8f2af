import { shapeRange } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";

export const shape: ReferenceKernel = (inputs, node) => {
  const { dims } = need(inputs, 0, node);
  const { start, end } = shapeRange(node, dims.length);
  const data = BigInt64Array.from(dims.slice(start, end), BigInt);
  return [{ elem: "int64", dims: [data.length], data }];
};
