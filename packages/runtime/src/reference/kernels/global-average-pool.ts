import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const globalAveragePool: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const planeSize = source.length / target.length;
  for (let plane = 0; plane < target.length; plane++) {
    let sum = 0;
    for (let i = 0; i < planeSize; i++) sum += source[plane * planeSize + i]!;
    target[plane] = sum / planeSize;
  }
  return [result];
};
