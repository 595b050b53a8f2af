import { floatAttr } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const batchNormalization: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => elementsOf(need(inputs, i, node).data));
  const epsilon = floatAttr(node, "epsilon");
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const channels = x.dims.length > 1 ? x.dims[1]! : 1;
  const inner = x.dims.length > 1 ? around(x.dims, 1).inner : 1;
  for (let i = 0; i < source.length; i++) {
    const c = Math.floor(i / inner) % channels;
    target[i] = (scale![c]! * (source[i]! - mean![c]!)) / Math.sqrt(variance![c]! + epsilon) + bias![c]!;
  }
  return [result];
};
