// Functions of one element each, one line per operator. Integers wrap as they are stored.
import { floatAttr, intAttr, stringAttr } from "@mpplan/ir";
import { unary } from "./elementwise.js";
import { erf as errorFunction, erfc, logistic, roundTiesToEven, softplus as softPlus } from "./special.js";

export const abs = unary((_, zero, kind) => (kind === "float" ? Math.abs : (x) => (x < zero ? -x : x)));
export const acos = unary(() => Math.acos);
export const acosh = unary(() => Math.acosh);
export const asin = unary(() => Math.asin);
export const asinh = unary(() => Math.asinh);
export const atan = unary(() => Math.atan);
export const atanh = unary(() => Math.atanh);
export const bitwiseNot = unary(() => (x) => ~x);
export const ceil = unary(() => Math.ceil);
export const celu = unary((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x);
});
export const cos = unary(() => Math.cos);
export const cosh = unary(() => Math.cosh);
export const elu = unary((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
});
export const erf = unary(() => errorFunction);
export const exp = unary(() => Math.exp);
export const floor = unary(() => Math.floor);
export const gelu = unary((node) => {
  if (stringAttr(node, "approximate") === "none") return (x) => (x / 2) * erfc(-x / Math.SQRT2);
  return (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
});
export const hardSigmoid = unary((node) => {
  const [alpha, beta] = [floatAttr(node, "alpha"), floatAttr(node, "beta")];
  return (x) => Math.max(0, Math.min(1, alpha * x + beta));
});
export const hardSwish = unary(() => (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)));
export const isInf = unary((node) => {
  const [low, high] = [intAttr(node, "detect_negative"), intAttr(node, "detect_positive")];
  return (x) => (x === -Infinity ? low : x === Infinity ? high : 0);
});
export const isNaN = unary(() => (x) => (Number.isNaN(x) ? 1 : 0));
export const leakyRelu = unary((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x < 0 ? alpha * x : x);
});
export const log = unary(() => Math.log);
export const mish = unary(() => (x) => x * Math.tanh(softPlus(x)));
// Negating a bigint needs no other sign.
export const neg = unary(() => (x) => -x);
export const not = unary(() => (x) => (x ? 0 : 1));
export const reciprocal = unary(() => (x) => 1 / x);
export const relu = unary((_, zero) => (x) => (x > 0 || Number.isNaN(x) ? x : zero));
export const round = unary(() => roundTiesToEven);
export const selu = unary((node) => {
  const [alpha, gamma] = [floatAttr(node, "alpha"), floatAttr(node, "gamma")];
  return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
});
export const shrink = unary((node, _, kind) => {
  const [bias, lambd] = [floatAttr(node, "bias"), floatAttr(node, "lambd")];
  const moved = (x: number): number => (x < -lambd ? x + bias : x > lambd ? x - bias : 0);
  return kind === "big" ? (x) => BigInt(Math.trunc(moved(Number(x)))) as unknown as number : moved;
});
export const sigmoid = unary(() => logistic);
export const sign = unary((_, zero, kind) =>
  kind === "big" ? (x) => (x > zero ? 1n : x < zero ? -1n : 0n) as unknown as number : Math.sign,
);
export const sin = unary(() => Math.sin);
export const sinh = unary(() => Math.sinh);
export const softplus = unary(() => softPlus);
export const softsign = unary(() => (x) => x / (1 + Math.abs(x)));
export const sqrt = unary(() => Math.sqrt);
export const swish = unary((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => x * logistic(alpha * x);
});
export const tan = unary(() => Math.tan);
export const tanh = unary(() => Math.tanh);
export const thresholdedRelu = unary((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x > alpha ? x : 0);
});
