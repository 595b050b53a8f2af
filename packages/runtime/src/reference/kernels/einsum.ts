import { einsumLabels } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stridesOf } from "./positions.js";
import { contextOf, elementsOf, isBig, outputDims, zeros } from "./tensors.js";

export const einsum: ReferenceKernel = (inputs, node) => {
  const first = need(inputs, 0, node);
  const result = zeros(first.elem, outputDims(inputs, node));
  const { operands, output, sizes } = einsumLabels(contextOf(inputs, node))!;
  const summed = [...sizes.keys()].filter((label) => !output.includes(label));
  const places = (labels: readonly string[], strides: (label: string) => number): Int32Array =>
    positions(
      labels.map((label) => sizes.get(label) as number),
      labels.map(strides),
    );
  const walks = operands.map((labels, i) => {
    const { dims, data } = need(inputs, i, node);
    const along = stridesOf(dims);
    // A label that is there twice walks along both axes; an axis of size 1 stands still.
    const stride = (label: string): number =>
      labels.reduce((sum, each, axis) => (each === label && dims[axis] !== 1 ? sum + along[axis]! : sum), 0);
    return { data: elementsOf(data), kept: places(output, stride), summed: places(summed, stride) };
  });
  const target = elementsOf(result.data);
  const [zero, one] = isBig(first.data) ? [0n as unknown as number, 1n as unknown as number] : [0, 1];
  const length = walks[0]!.summed.length;
  for (let i = 0; i < target.length; i++) {
    let sum = zero;
    for (let j = 0; j < length; j++) {
      let product = one;
      for (const walk of walks) product *= walk.data[walk.kept[i]! + walk.summed[j]!]!;
      sum += product;
    }
    target[i] = sum;
  }
  return [result];
};
