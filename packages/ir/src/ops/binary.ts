// Functions of the elements of several broadcast tensors, one line per operator.
import { sharedElement, requireElement } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { broadcastShapes } from "./dims.js";
import { binaryOp, variadicOp } from "./families.js";
import { checkedType } from "./limits.js";

export const and = binaryOp("And", "bool", { yields: "bool" });
/** A shifted by B bits; what leaves the type is gone. */
export const bitShift = binaryOp("BitShift", "integer", {
  attributes: { direction: { type: "string", required: true, oneOf: ["LEFT", "RIGHT"] } },
});
export const bitwiseAnd = binaryOp("BitwiseAnd", "integer");
export const bitwiseOr = binaryOp("BitwiseOr", "integer");
export const bitwiseXor = binaryOp("BitwiseXor", "integer");
export const equal = binaryOp("Equal", "any", { yields: "bool" });
export const greater = binaryOp("Greater", "numeric", { yields: "bool" });
export const greaterOrEqual = binaryOp("GreaterOrEqual", "numeric", { yields: "bool" });
export const less = binaryOp("Less", "numeric", { yields: "bool" });
export const lessOrEqual = binaryOp("LessOrEqual", "numeric", { yields: "bool" });
/** The remainder with the sign of the divisor, or with `fmod` of the dividend, as in C. */
export const mod = binaryOp("Mod", "numeric", { attributes: { fmod: { type: "int", default: 0 } } });
export const or = binaryOp("Or", "bool", { yields: "bool" });
/** x, or slope x where x is negative; the slope is broadcast to x. */
export const pRelu = binaryOp("PRelu", "numeric");
export const xor = binaryOp("Xor", "bool", { yields: "bool" });

export const max = variadicOp("Max", "numeric");
export const mean = variadicOp("Mean", "float");
export const min = variadicOp("Min", "numeric");
export const sum = variadicOp("Sum", "float");

/** The second input where the first is true, else the third; all are broadcast. */
export const where = defineOp({
  name: "Where",
  arity: [3, 3],
  attributes: {},
  infer(context) {
    const { node } = context;
    requireElement(node, inputType(context, 0).elem, "bool", "condition");
    const elem = sharedElement(context, "any", [1, 2]);
    const [condition, x, y] = [0, 1, 2].map((i) => inputType(context, i).shape);
    const shape = broadcastShapes(node, condition!, broadcastShapes(node, x!, y!));
    return [checkedType(node, elem, shape)];
  },
});
