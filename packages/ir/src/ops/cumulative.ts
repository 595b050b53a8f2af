// Running sums and products along one axis, given by the second input.
import { constantScalar, inputElement, shapeOf } from "./checks.js";
import { defineOp, type OpDefinition } from "./define.js";
import { normalizeAxis } from "./dims.js";

export const cumProd = cumulativeOp("CumProd");
export const cumSum = cumulativeOp("CumSum");

/** `exclusive`: without the element itself. `reverse`: from the end. */
function cumulativeOp<const Name extends string>(name: Name): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [2, 2],
    attributes: { exclusive: { type: "int", default: 0 }, reverse: { type: "int", default: 0 } },
    infer(context) {
      const { node } = context;
      const elem = inputElement(context, 0, "numeric");
      inputElement(context, 1, "index", "axis");
      const shape = shapeOf(context, 0, 1);
      const axis = constantScalar(context, 1, "axis");
      if (shape && axis !== undefined) normalizeAxis(node, axis, shape.length);
      return [{ elem, shape }];
    },
  });
}
