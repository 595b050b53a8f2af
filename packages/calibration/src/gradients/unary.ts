// Functions of one element each. At kinks, the derivatives are those of ir/activations.ts, or of the side from which
// the kernel takes the value there.
import {
  floatAttr,
  leakyRelu as leakyReluOf,
  relu as reluFunction,
  sigmoid as sigmoidFunction,
  stringAttr,
  tanh as tanhFunction,
  type Node,
} from "@mpplan/ir";
import { numbersOf, scaled, type GradientRule } from "./rule.js";

const sigma = sigmoidFunction.value;

/** 0 at 0. */
export const abs = elementwise(() => Math.sign);
export const acos = elementwise(() => (x) => -1 / Math.sqrt(1 - x * x));
export const acosh = elementwise(() => (x) => 1 / Math.sqrt(x * x - 1));
export const asin = elementwise(() => (x) => 1 / Math.sqrt(1 - x * x));
export const asinh = elementwise(() => (x) => 1 / Math.hypot(1, x));
export const atan = elementwise(() => (x) => 1 / (1 + x * x));
export const atanh = elementwise(() => (x) => 1 / (1 - x * x));
export const celu = elementwise((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x < 0 ? Math.exp(x / alpha) : 1);
});
export const cos = elementwise(() => (x) => -Math.sin(x));
export const cosh = elementwise(() => Math.sinh);
export const elu = elementwise((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x < 0 ? alpha * Math.exp(x) : 1);
});
export const erf = elementwise(() => (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
export const exp = elementwise(() => (_x, y) => y);
export const gelu = elementwise((node) => {
  // Of x Phi(x): Phi(x) + x Phi'(x), where Phi(x) is y / x.
  if (stringAttr(node, "approximate") === "none") {
    return (x, y) => (x === 0 ? 0.5 : y / x + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI));
  }
  const root = Math.sqrt(2 / Math.PI);
  return (x) => {
    const t = Math.tanh(root * (x + 0.044715 * x ** 3));
    return (1 + t) / 2 + (x / 2) * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
  };
});
export const hardSigmoid = elementwise((node) => {
  const [alpha, beta] = [floatAttr(node, "alpha"), floatAttr(node, "beta")];
  return (x) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0);
});
export const hardSwish = elementwise(() => (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5));
export const leakyRelu = elementwise((node) => leakyReluOf(floatAttr(node, "alpha")).derivative);
export const log = elementwise(() => (x) => 1 / x);
/** Of x t with t = tanh(ln(1 + e^x)), which is 0.6 at 0. */
export const mish = elementwise(() => (x, y) => {
  const t = x === 0 ? 0.6 : y / x;
  return t + x * (1 - t * t) * sigma(x);
});
export const neg = elementwise(() => () => -1);
export const reciprocal = elementwise(() => (_x, y) => -y * y);
export const relu = elementwise(() => reluFunction.derivative);
export const selu = elementwise((node) => {
  const [alpha, gamma] = [floatAttr(node, "alpha"), floatAttr(node, "gamma")];
  return (x) => (x > 0 ? gamma : gamma * alpha * Math.exp(x));
});
export const shrink = elementwise((node) => {
  const lambd = floatAttr(node, "lambd");
  return (x) => (x < -lambd || x > lambd ? 1 : 0);
});
export const sigmoid = elementwise(() => sigmoidFunction.derivative);
export const sin = elementwise(() => Math.cos);
export const sinh = elementwise(() => Math.cosh);
export const softplus = elementwise(() => sigma);
export const softsign = elementwise(() => (x) => 1 / (1 + Math.abs(x)) ** 2);
export const sqrt = elementwise(() => (_x, y) => 0.5 / y);
export const swish = elementwise((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => sigma(alpha * x) * (1 + alpha * x * sigma(-alpha * x));
});
export const tan = elementwise(() => (_x, y) => 1 + y * y);
export const tanh = elementwise(() => tanhFunction.derivative);
export const thresholdedRelu = elementwise((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x > alpha ? 1 : 0);
});

/** `make` gives the derivative at x, where the function is y. */
function elementwise(make: (node: Node) => (x: number, y: number) => number): GradientRule {
  return ({ node, inputs, outputs }) => {
    const derivative = make(node);
    const y = numbersOf(outputs[0]);
    const slopes = numbersOf(inputs[0]).map((x, i) => derivative(x, y[i]!));
    return ([g], room) => [scaled(g!, slopes, room)];
  };
}
