import { intAttr, shapeError, sizeOf, toNumbers } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { copyOf, elementsOf, outputDims } from "./tensors.js";

export const reverseSequence: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  outputDims(inputs, node);
  const result = copyOf(x);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const inner = sizeOf(x.dims.slice(2));
  const batchFirst = intAttr(node, "batch_axis") === 0;
  const times = x.dims[batchFirst ? 1 : 0]!;
  const at = (sample: number, time: number): number =>
    (batchFirst ? sample * x.dims[1]! + time : time * x.dims[1]! + sample) * inner;
  toNumbers(need(inputs, 1, node)).forEach((length, sample) => {
    if (length < 0 || length > times) {
      throw shapeError(node, `ReverseSequence reverses ${length} of ${times} elements of sample ${sample}`);
    }
    for (let time = 0; time < length; time++) {
      for (let j = 0; j < inner; j++)
        target[at(sample, time) + j] = source[at(sample, length - 1 - time) + j]!;
    }
  });
  return [result];
};
