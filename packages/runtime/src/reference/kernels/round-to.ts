import { compileRound, formatNamed } from "@mpplan/formats";
import { stringAttr } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const roundTo: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const format = formatNamed(stringAttr(node, "format"));
  const round = compileRound(format, { rounding: "nearest-even", overflow: "saturate" });
  for (let i = 0; i < source.length; i++) target[i] = round(source[i]!);
  return [result];
};
