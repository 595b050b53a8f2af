// Functions of one element each: the shape stays.
import { requireElement } from "./checks.js";
import { defineOp, inputType, inputValueType, type InferContext } from "./define.js";
import type { TensorType } from "../types.js";

export const exp = defineOp({ name: "Exp", arity: [1, 1], attributes: {}, infer: floats });

/** The value itself, of any type. */
export const identityOp = defineOp({
  name: "Identity",
  arity: [1, 1],
  attributes: {},
  infer: (context) => [inputValueType(context, 0) ?? inputType(context, 0)],
});

/** x, or alpha x where x is negative. */
export const leakyReluOp = defineOp({
  name: "LeakyRelu",
  arity: [1, 1],
  // ONNX attributes are binary32, their defaults too.
  attributes: { alpha: { type: "float", default: Math.fround(0.01) } },
  infer: floats,
});

export const neg = defineOp({ name: "Neg", arity: [1, 1], attributes: {}, infer: signed });

/** max(x, 0); NaN stays NaN. */
export const relu = defineOp({ name: "Relu", arity: [1, 1], attributes: {}, infer: signed });

/** 1 / (1 + exp(-x)) */
export const sigmoid = defineOp({ name: "Sigmoid", arity: [1, 1], attributes: {}, infer: floats });

export const sqrt = defineOp({ name: "Sqrt", arity: [1, 1], attributes: {}, infer: floats });

export const tanh = defineOp({ name: "Tanh", arity: [1, 1], attributes: {}, infer: floats });

function floats(context: InferContext): TensorType[] {
  const type = inputType(context, 0);
  requireElement(context.node, type.elem, "float");
  return [type];
}

function signed(context: InferContext): TensorType[] {
  const type = inputType(context, 0);
  requireElement(context.node, type.elem, "signed");
  return [type];
}
