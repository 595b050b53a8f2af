import { sharedElement } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError } from "./define.js";
import { mergeDims, normalizeAxis, printShape } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Dim } from "../types.js";

/** The inputs one after another along `axis`; all other dimensions agree. */
export const concat = defineOp({
  name: "Concat",
  arity: [1, Infinity],
  attributes: { axis: { type: "int", required: true } },
  infer(context) {
    const { node, inputs } = context;
    const elem = sharedElement(context, "any");
    const shapes = inputs.map((_, index) => inputType(context, index).shape);
    const known = shapes.filter((shape) => shape !== null);
    const first = known[0];
    if (!first) return [{ elem, shape: null }];

    const axis = normalizeAxis(node, intAttr(node, "axis"), first.length);
    for (const shape of known) {
      if (shape.length === first.length) continue;
      throw shapeError(
        node,
        `Concat joins tensors of one rank, not ${printShape(first)} and ${printShape(shape)}`,
      );
    }
    const along = shapes.map((shape) => shape?.[axis] ?? null);
    const total: Dim = along.every((dim) => typeof dim === "number")
      ? along.reduce<number>((sum, dim) => sum + (dim as number), 0)
      : along.length === 1
        ? along[0]!
        : null;
    const merged = first.map((_, i) => {
      if (i === axis) return total;
      const what = `the inputs of Concat differ along axis ${i}, which is not the axis ${axis} of joining`;
      return known.map((shape): Dim => shape[i]!).reduce((a, b) => mergeDims(node, a, b, what));
    });
    return [checkedType(node, elem, merged)];
  },
});
