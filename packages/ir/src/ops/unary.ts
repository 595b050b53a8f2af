// Functions of one element each, one line per operator: the shape stays.
import { defineOp, inputType, inputValueType } from "./define.js";
import { unaryOp } from "./families.js";

export const abs = unaryOp("Abs", "numeric");
export const acos = unaryOp("Acos", "float");
export const acosh = unaryOp("Acosh", "float");
export const asin = unaryOp("Asin", "float");
export const asinh = unaryOp("Asinh", "float");
export const atan = unaryOp("Atan", "float");
export const atanh = unaryOp("Atanh", "float");
export const bitwiseNot = unaryOp("BitwiseNot", "integer");
export const ceil = unaryOp("Ceil", "float");
/** max(0, x) + min(0, alpha (exp(x / alpha) - 1)) */
export const celu = unaryOp("Celu", "float", { attributes: { alpha: { type: "float", default: 1 } } });
export const cos = unaryOp("Cos", "float");
export const cosh = unaryOp("Cosh", "float");
/** x, or alpha (exp(x) - 1) where x is negative. */
export const elu = unaryOp("Elu", "float", { attributes: { alpha: { type: "float", default: 1 } } });
export const erf = unaryOp("Erf", "numeric");
export const exp = unaryOp("Exp", "float");
export const floor = unaryOp("Floor", "float");
/** x times the normal distribution up to x, or the tanh approximation of that. */
export const gelu = unaryOp("Gelu", "float", {
  attributes: { approximate: { type: "string", default: "none", oneOf: ["none", "tanh"] } },
});
/** alpha x + beta, clipped to 0 .. 1. */
export const hardSigmoid = unaryOp("HardSigmoid", "float", {
  attributes: {
    alpha: { type: "float", default: Math.fround(0.2) },
    beta: { type: "float", default: 0.5 },
  },
});
/** x times HardSigmoid with alpha 1/6 */
export const hardSwish = unaryOp("HardSwish", "float");
export const isInf = unaryOp("IsInf", "float", {
  attributes: { detect_negative: { type: "int", default: 1 }, detect_positive: { type: "int", default: 1 } },
  yields: "bool",
});
export const isNaN = unaryOp("IsNaN", "float", { yields: "bool" });
/** x, or alpha x where x is negative. ONNX attributes are binary32, their defaults too. */
export const leakyReluOp = unaryOp("LeakyRelu", "float", {
  attributes: { alpha: { type: "float", default: Math.fround(0.01) } },
});
export const log = unaryOp("Log", "float");
/** x tanh(ln(1 + exp(x))) */
export const mish = unaryOp("Mish", "float");
export const neg = unaryOp("Neg", "signed");
export const not = unaryOp("Not", "bool");
export const reciprocal = unaryOp("Reciprocal", "float");
/** max(x, 0); NaN stays NaN. */
export const relu = unaryOp("Relu", "signed");
/** To the nearest integer, ties to even. */
export const round = unaryOp("Round", "float");
/** gamma x, or gamma alpha (exp(x) - 1) where x is not positive. */
export const selu = unaryOp("Selu", "float", {
  attributes: {
    alpha: { type: "float", default: Math.fround(1.67326319217681884765625) },
    gamma: { type: "float", default: Math.fround(1.05070102214813232421875) },
  },
});
/** x moved by `bias` toward 0 where it is further than `lambd` from it, else 0. */
export const shrink = unaryOp("Shrink", "numeric", {
  attributes: { bias: { type: "float", default: 0 }, lambd: { type: "float", default: 0.5 } },
});
/** 1 / (1 + exp(-x)) */
export const sigmoid = unaryOp("Sigmoid", "float");
export const sign = unaryOp("Sign", "numeric");
export const sin = unaryOp("Sin", "float");
export const sinh = unaryOp("Sinh", "float");
/** ln(1 + exp(x)) */
export const softplus = unaryOp("Softplus", "float");
/** x / (1 + |x|) */
export const softsign = unaryOp("Softsign", "float");
export const sqrt = unaryOp("Sqrt", "float");
/** x / (1 + exp(-alpha x)) */
export const swish = unaryOp("Swish", "float", { attributes: { alpha: { type: "float", default: 1 } } });
export const tan = unaryOp("Tan", "float");
export const tanh = unaryOp("Tanh", "float");
/** x where it is above alpha, else 0. */
export const thresholdedRelu = unaryOp("ThresholdedRelu", "float", {
  attributes: { alpha: { type: "float", default: 1 } },
});

/** The value itself, of any type. */
export const identityOp = defineOp({
  name: "Identity",
  arity: [1, 1],
  attributes: {},
  infer: (context) => [inputValueType(context, 0) ?? inputType(context, 0)],
});
