import { einsumLabels } from "@mpplan/ir";
import { contextOf, positions, stridesOf } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/** Every operand gets, for each product that it took part in, the product of the others. */
export const einsum: GradientRule = ({ node, inputs, outputs, wanted }) => {
  const { operands, output, sizes } = einsumLabels(contextOf(inputs, node))!;
  const summed = [...sizes.keys()].filter((label) => !output.includes(label));
  const walk = (labels: readonly string[], stride: (label: string) => number): Int32Array =>
    positions(
      labels.map((label) => sizes.get(label) as number),
      labels.map(stride),
    );
  const walks = operands.map((labels, k) => {
    const { dims } = inputs[k]!;
    const along = stridesOf(dims);
    // As in the kernel: a label that is there twice walks along both axes; an axis of size 1 stands still.
    const stride = (label: string): number =>
      labels.reduce((sum, each, axis) => (each === label && dims[axis] !== 1 ? sum + along[axis]! : sum), 0);
    return { data: numbersOf(inputs[k]), kept: walk(output, stride), summed: walk(summed, stride) };
  });
  const count = outputs[0]!.data.length;
  const length = walks[0]!.summed.length;
  return ([g], room) =>
    walks.map((own, k) => {
      if (!wanted[k]) return null;
      const others = walks.filter((other) => other !== own);
      const result = room(own.data.length);
      for (let i = 0; i < count; i++) {
        if (g![i] === 0) continue;
        for (let j = 0; j < length; j++) {
          let product = g![i]!;
          for (const other of others) product *= other.data[other.kept[i]! + other.summed[j]!]!;
          result[own.kept[i]! + own.summed[j]!]! += product;
        }
      }
      return result;
    });
};
