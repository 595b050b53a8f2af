import { constantInts, hasInput } from "./checks.js";
import { defineOp, inputType, shapeError } from "./define.js";
import { normalizeAxes, printShape } from "./dims.js";

/** The input without some axes of size 1. Inputs: data, axes; without axes all such axes go. */
export const squeeze = defineOp({
  name: "Squeeze",
  arity: [1, 2],
  attributes: {},
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    const axes = constantInts(context, 1, "axes");
    if (!shape || (hasInput(context, 1) && !axes)) return [{ elem, shape: null }];
    if (!axes) {
      const allKnown = shape.every((dim) => typeof dim === "number");
      return [{ elem, shape: allKnown ? shape.filter((dim) => dim !== 1) : null }];
    }
    const gone = normalizeAxes(node, axes, shape.length);
    const wrong = gone.find((axis) => typeof shape[axis] === "number" && shape[axis] !== 1);
    if (wrong !== undefined) {
      throw shapeError(node, `Squeeze takes away axis ${wrong} of ${printShape(shape)}, whose size is not 1`);
    }
    return [{ elem, shape: shape.filter((_, axis) => !gone.includes(axis)) }];
  },
});
