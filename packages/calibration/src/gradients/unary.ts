// Functions of one element each. At kinks, the derivatives are those of ir/activations.ts.
import {
  floatAttr,
  leakyRelu as leakyReluOf,
  relu as reluFunction,
  sigmoid as sigmoidFunction,
  tanh as tanhFunction,
  type Node,
} from "@mpplan/ir";
import { numbersOf, scaled, type GradientRule } from "./rule.js";

export const exp = elementwise(() => (_x, y) => y);
export const leakyRelu = elementwise((node) => leakyReluOf(floatAttr(node, "alpha")).derivative);
export const neg = elementwise(() => () => -1);
export const relu = elementwise(() => reluFunction.derivative);
export const sigmoid = elementwise(() => sigmoidFunction.derivative);
export const sqrt = elementwise(() => (_x, y) => 0.5 / y);
export const tanh = elementwise(() => tanhFunction.derivative);

/** `make` gives the derivative at x, where the function is y. */
function elementwise(make: (node: Node) => (x: number, y: number) => number): GradientRule {
  return ({ node, inputs, outputs }) => {
    const derivative = make(node);
    const y = numbersOf(outputs[0]);
    const slopes = numbersOf(inputs[0]).map((x, i) => derivative(x, y[i]!));
    return ([g], room) => [scaled(g!, slopes, room)];
  };
}
