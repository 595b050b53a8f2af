import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const clip: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  // An infinite bound compares with bigints too.
  const low = inputs[1] ? elementsOf(inputs[1].data)[0]! : -Infinity;
  const high = inputs[2] ? elementsOf(inputs[2].data)[0]! : Infinity;
  for (let i = 0; i < source.length; i++) {
    let value = source[i]!;
    // Comparisons leave NaN as it is, which Math.min would too, but not bigints.
    if (value < low) value = low;
    if (value > high) value = high;
    target[i] = value;
  }
  return [result];
};
