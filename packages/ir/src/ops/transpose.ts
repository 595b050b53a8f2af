import { defineOp, inputType, optionalInts, shapeError } from "./define.js";
import type { Node } from "../graph.js";

/** The axes in another order: axis i of the output is axis perm[i] of the input. Without perm, reversed. */
export const transpose = defineOp({
  name: "Transpose",
  arity: [1, 1],
  attributes: { perm: { type: "ints" } },
  infer(context) {
    const { elem, shape } = inputType(context, 0);
    return [{ elem, shape: shape && axisOrder(context.node, shape.length).map((axis) => shape[axis]!) }];
  },
});

/** The axes of the input in the order of the output. @throws IrError where perm is no permutation. */
export function axisOrder(node: Node, rank: number): readonly number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const perm = optionalInts(node, "perm");
  if (!perm) return axes.reverse();
  if (perm.length === rank && axes.every((axis) => perm.includes(axis))) return perm;
  throw shapeError(
    node,
    `the perm [${perm.join(", ")}] of Transpose does not order the axes of rank ${rank}`,
  );
}
