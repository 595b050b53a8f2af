import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";

/** The mean of every channel over all spatial axes, which stay as ones. */
export const globalAveragePool = defineOp({
  name: "GlobalAveragePool",
  arity: [1, 1],
  attributes: {},
  infer(context) {
    const elem = requireElement(context.node, inputType(context, 0).elem, "float");
    const shape = shapeOf(context, 0, 3);
    return [{ elem, shape: shape && shape.map((dim, axis) => (axis < 2 ? dim : 1)) }];
  },
});
