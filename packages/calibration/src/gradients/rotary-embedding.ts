import type { Tensor } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/** Pairs are turned back: the kernel with the sines negated. Only where the angles are not asked for. */
export const rotaryEmbedding: GradientRule = ({ node, inputs, wanted }) => {
  if (wanted[1] || wanted[2]) return null;
  const wide = (t: Tensor, data: Float64Array): Tensor => ({ elem: "float64", dims: t.dims, data });
  const [x, cosines, sines] = inputs as readonly Tensor[];
  const angles = [
    wide(cosines!, numbersOf(cosines)),
    wide(
      sines!,
      numbersOf(sines).map((sine) => -sine),
    ),
    ...inputs.slice(3),
  ];
  return ([g], room) => {
    const result = room(g!.length);
    result.set(numbersOf(evaluateNode(node, [wide(x!, g!), ...angles])[0]));
    return inputs.map((_, i) => (i === 0 ? result : null));
  };
};
