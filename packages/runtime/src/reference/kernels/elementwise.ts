// Kernels of operators that work element by element, given the function of one element.
import { isFloat, type ElementType, type Node, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { broadcastPositions } from "./positions.js";
import { elementsOf, isBig, outputTypes, zeros } from "./tensors.js";

/** Of two elements of one type; bigints are passed off as numbers, see `elementsOf`. */
export type Combine = (x: number, y: number) => number;

/** The kinds of numbers that a function may differ for: floats, integers of up to 32 bits, and those of 64. */
export type NumberKind = "float" | "integer" | "big";

/** One function of one element. `make` is given the zero of the element type, a bigint for 64-bit integers. */
export function unary(
  make: (node: Node, zero: number, kind: NumberKind) => (x: number) => number,
): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: number[] }];
    const result = zeros(elem, shape);
    const f = make(node, isBig(x.data) ? (0n as unknown as number) : 0, kindOf(x));
    const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
    for (let i = 0; i < source.length; i++) target[i] = f(source[i]!);
    return [result];
  };
}

/** One function of two elements, of broadcast tensors. */
export function binary(make: (node: Node, kind: NumberKind) => Combine): ReferenceKernel {
  return (inputs, node) => {
    const [a, b] = [need(inputs, 0, node), need(inputs, 1, node)];
    const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: number[] }];
    return [combined(a, b, elem, shape, make(node, kindOf(a)))];
  };
}

/** One function of two elements, over any number of broadcast tensors from left to right; `finish` gets their number. */
export function variadic(f: Combine, finish?: (x: number, count: number) => number): ReferenceKernel {
  return (inputs, node) => {
    const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: number[] }];
    const nothing = zeros(elem, shape);
    const first = combined(need(inputs, 0, node), nothing, elem, shape, (x) => x);
    const result = inputs.slice(1).reduce<Tensor>((sum, t) => combined(sum, t!, elem, shape, f), first);
    const data = elementsOf(result.data);
    if (finish) for (let i = 0; i < data.length; i++) data[i] = finish(data[i]!, inputs.length);
    return [result];
  };
}

/** A tensor of those dims, of f of the elements of both that are broadcast there. */
export function combined(
  a: Tensor,
  b: Tensor,
  elem: ElementType,
  dims: readonly number[],
  f: Combine,
): Tensor {
  const result = zeros(elem, dims);
  const out = elementsOf(result.data);
  const [x, y] = [elementsOf(a.data), elementsOf(b.data)];
  const [px, py] = [broadcastPositions(a.dims, dims), broadcastPositions(b.dims, dims)];
  for (let i = 0; i < out.length; i++) out[i] = f(x[px ? px[i]! : i]!, y[py ? py[i]! : i]!);
  return result;
}

export function kindOf(t: Tensor): NumberKind {
  return isFloat(t.elem) ? "float" : isBig(t.data) ? "big" : "integer";
}
