// Elementwise arithmetic on two broadcast tensors.
import { requireElement, sharedElement } from "./checks.js";
import { defineOp, inputType, type InferContext } from "./define.js";
import { broadcastShapes } from "./dims.js";
import { checkedType } from "./limits.js";
import type { ElementType, TensorType } from "../types.js";

/** A + B. Integers wrap. */
export const add = defineOp({ name: "Add", arity: [2, 2], attributes: {}, infer: binary });

/** A / B. Integers truncate toward zero. */
export const div = defineOp({ name: "Div", arity: [2, 2], attributes: {}, infer: binary });

/** A x B. Integers wrap. */
export const mul = defineOp({ name: "Mul", arity: [2, 2], attributes: {}, infer: binary });

/** A to the power of B. The exponent may have an element type of its own; the result has that of the base. */
export const pow = defineOp({
  name: "Pow",
  arity: [2, 2],
  attributes: {},
  infer(context) {
    requireElement(context.node, inputType(context, 1).elem, "numeric", "exponent");
    return broadcast(context, requireElement(context.node, inputType(context, 0).elem, "numeric", "base"));
  },
});

/** A - B. Integers wrap. */
export const sub = defineOp({ name: "Sub", arity: [2, 2], attributes: {}, infer: binary });

function binary(context: InferContext): TensorType[] {
  return broadcast(context, sharedElement(context, "numeric"));
}

function broadcast(context: InferContext, elem: ElementType): TensorType[] {
  const shape = broadcastShapes(context.node, inputType(context, 0).shape, inputType(context, 1).shape);
  return [checkedType(context.node, elem, shape)];
}
