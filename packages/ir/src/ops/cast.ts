// Conversions between element types.
import { defineOp, elementAttr, inputType } from "./define.js";

const options = {
  /** Of floats to `float8e8m0`. */
  round_mode: { type: "string", default: "up", oneOf: ["up", "down", "nearest"] },
  /** Of floats to other floats of 8 bits. */
  saturate: { type: "int", default: 1 },
} as const;

/**
 * Converts every element to the element type `to`, spelled as in the IR.
 *
 * To floats: rounds to nearest-even; beyond the largest value of an 8-bit type it saturates, or without `saturate`
 * becomes infinity, or NaN where there is none. Float to integer: truncates toward zero; ONNX leaves what is out of
 * range open, here it saturates, or wraps in 4 bits and fewer, and NaN becomes 0. Integer to integer: wraps. To bool: whether the element is not
 * zero. To string: the shortest text that reads back as the number.
 */
export const cast = defineOp({
  name: "Cast",
  arity: [1, 1],
  attributes: { to: { type: "element", required: true }, ...options },
  infer: (context) => [{ elem: elementAttr(context.node, "to"), shape: inputType(context, 0).shape }],
});

/** Cast to the element type of the second input. */
export const castLike = defineOp({
  name: "CastLike",
  arity: [2, 2],
  attributes: options,
  infer: (context) => [{ elem: inputType(context, 1).elem, shape: inputType(context, 0).shape }],
});
