// Functions of one element each.
import { floatAttr, type Node } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, isBig, outputDims, zeros } from "./tensors.js";

type Unary = (x: number) => number;

export const exp = elementwise(() => Math.exp);

export const leakyRelu = elementwise((node) => {
  const alpha = floatAttr(node, "alpha");
  return (x) => (x < 0 ? alpha * x : x);
});

// Negating a bigint needs no other sign; integers wrap as they are stored.
export const neg = elementwise(() => (x) => -x);

export const relu = elementwise((_, zero) => (x) => (x > 0 || Number.isNaN(x) ? x : zero));

export const sigmoid = elementwise(() => (x) => {
  // exp of a negative number only: it cannot overflow.
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
});

export const sqrt = elementwise(() => Math.sqrt);

export const tanh = elementwise(() => Math.tanh);

/** `make` is given the zero of the element type, a bigint for 64-bit integers. */
function elementwise(make: (node: Node, zero: number) => Unary): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const result = zeros(x.elem, outputDims(inputs, node));
    const f = make(node, isBig(x.data) ? (0n as unknown as number) : 0);
    const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
    for (let i = 0; i < source.length; i++) target[i] = f(source[i]!);
    return [result];
  };
}
