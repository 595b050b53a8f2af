// Conversions between element types; ops/cast.ts of the IR says what happens to values that are out of range.
import {
  elementAttr,
  intAttr,
  stringAttr,
  type ElementType,
  type Node,
  type ScaleRounding,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { converter } from "./convert.js";
import { elementsOf, zeros } from "./tensors.js";

export const cast: ReferenceKernel = (inputs, node) => [
  convertedTo(need(inputs, 0, node), elementAttr(node, "to"), node),
];

export const castLike: ReferenceKernel = (inputs, node) => [
  convertedTo(need(inputs, 0, node), need(inputs, 1, node).elem, node),
];

function convertedTo(x: Tensor, to: ElementType, node: Node): Tensor {
  const convert = converter(x.elem, to, {
    saturate: intAttr(node, "saturate") !== 0,
    scale: stringAttr(node, "round_mode") as ScaleRounding,
  });
  const result = zeros(to, x.dims);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  for (let i = 0; i < source.length; i++) target[i] = convert(source[i]!) as number;
  return result;
}
