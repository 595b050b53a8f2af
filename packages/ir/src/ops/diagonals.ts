// Operators about the diagonals of matrices.
import { constantScalar, inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import type { ElementType } from "../types.js";

/** A matrix as large as the input, 1 on the diagonal `k` above the main one, else 0. */
export const eyeLike = defineOp({
  name: "EyeLike",
  arity: [1, 1],
  attributes: { dtype: { type: "element" }, k: { type: "int", default: 0 } },
  infer(context) {
    const dtype = context.node.attrs["dtype"] as ElementType | undefined;
    return [{ elem: dtype ?? inputType(context, 0).elem, shape: shapeOf(context, 0, 2, 2) }];
  },
});

/** The matrices of the last two axes with zeros below (`upper`) or above the diagonal `k` above the main one. */
export const trilu = defineOp({
  name: "Trilu",
  arity: [1, 2],
  attributes: { upper: { type: "int", default: 1 } },
  infer(context) {
    const { elem } = inputType(context, 0);
    if (context.inputs[1]) inputElement(context, 1, "index", "k");
    constantScalar(context, 1, "k");
    return [{ elem, shape: shapeOf(context, 0, 2) }];
  },
});
