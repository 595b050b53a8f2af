import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { mergeDims } from "./dims.js";

/** The determinant of every matrix along the last two axes. Elimination sums products, of any signs, one at a time. */
export const det = defineOp({
  name: "Det",
  arity: [1, 1],
  attributes: {},
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    const shape = shapeOf(context, 0, 2);
    if (!shape) return [{ elem, shape }];
    mergeDims(node, shape.at(-1)!, shape.at(-2)!, "Det needs square matrices");
    return [{ elem, shape: shape.slice(0, -2) }];
  },
});
