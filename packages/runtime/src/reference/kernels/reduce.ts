// Reductions over axes, one line per operator: a start, a step, and what is done at the end.
import { integerLimits } from "./convert.js";
import { isFloat, reducedAxes, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stretchedStrides } from "./positions.js";
import { contextOf, elementsOf, isBig, outputDims, zeros } from "./tensors.js";

interface Reduction {
  /** What nothing at all comes to. */
  start(x: Tensor): number | bigint;
  step(sum: number, x: number): number;
  /** `count` is the number of elements that were taken together. */
  finish?(sum: number, count: number): number;
}

const from = (start: number) => (): number => start;
const add = (sum: number, x: number): number => sum + x;

export const reduceL1 = reduction({ start: from(0), step: (sum, x) => sum + Math.abs(x) });
export const reduceL2 = reduction({ start: from(0), step: (sum, x) => sum + x * x, finish: Math.sqrt });
export const reduceLogSum = reduction({ start: from(0), step: add, finish: Math.log });
export const reduceMax = reduction({
  start: (x) => lowest(x),
  step: (most, x) => (x > most || Number.isNaN(x) ? x : most),
});
export const reduceMean = reduction({ start: from(0), step: add, finish: (sum, count) => sum / count });
export const reduceMin = reduction({
  start: (x) => highest(x),
  step: (least, x) => (x < least || Number.isNaN(x) ? x : least),
});
export const reduceProd = reduction({ start: from(1), step: (product, x) => product * x });
export const reduceSum = reduction({ start: from(0), step: add });
export const reduceSumSquare = reduction({ start: from(0), step: (sum, x) => sum + x * x });

/** Less the maximum, no exponential overflows: ln sum exp(x) = max + ln sum exp(x - max). */
export const reduceLogSumExp: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const [most] = reduceMax(inputs, node) as [Tensor];
  const places = placesOf(inputs, node, x);
  const result = zeros(x.elem, most.dims);
  const [source, largest, target] = [elementsOf(x.data), elementsOf(most.data), elementsOf(result.data)];
  const sums = new Float64Array(target.length);
  // Infinite maxima are what they are: subtracted, they would give NaN.
  const shift = Float64Array.from(largest as ArrayLike<number>, (m) =>
    Number.isFinite(Number(m)) ? Number(m) : 0,
  );
  for (let i = 0; i < source.length; i++)
    sums[places[i]!]! += Math.exp(Number(source[i]!) - shift[places[i]!]!);
  const big = isBig(result.data);
  for (let i = 0; i < target.length; i++) {
    const value = Math.log(sums[i]!) + shift[i]!;
    target[i] = big ? (BigInt(Math.trunc(value)) as unknown as number) : value;
  }
  return [result];
};

/** 64-bit integers are taken together in binary64, but for sums and products of them, which wrap. */
function reduction({ start, step, finish }: Reduction): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const result = zeros(x.elem, outputDims(inputs, node));
    const big = isBig(x.data);
    const exact = big && ["ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum"].includes(node.op);
    const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
    const first = start(x);
    const sums = new Array<number>(target.length).fill((exact ? BigInt(first) : first) as number);
    const places = placesOf(inputs, node, x);
    for (let i = 0; i < source.length; i++) {
      const value = big && !exact ? Number(source[i]!) : source[i]!;
      sums[places[i]!] = step(sums[places[i]!]!, value);
    }
    const count = target.length === 0 ? 0 : source.length / target.length;
    for (let i = 0; i < target.length; i++) {
      const value = finish ? finish(sums[i]!, count) : sums[i]!;
      target[i] = big && !exact ? (BigInt(Math.trunc(value)) as unknown as number) : value;
    }
    return [result];
  };
}

/** For every element, where in the output it counts. Broadcasting read backwards. */
function placesOf(
  inputs: readonly (Tensor | null)[],
  node: Parameters<ReferenceKernel>[1],
  x: Tensor,
): Int32Array {
  const axes = reducedAxes(contextOf(inputs, node), x.dims.length)!;
  const kept = x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return positions(x.dims, stretchedStrides(kept, x.dims));
}

function lowest(x: Tensor): number | bigint {
  if (isFloat(x.elem)) return -Infinity;
  return x.elem === "bool" ? 0 : plain(x, integerLimits(x.elem)[0]);
}

function highest(x: Tensor): number | bigint {
  if (isFloat(x.elem)) return Infinity;
  return x.elem === "bool" ? 1 : plain(x, integerLimits(x.elem)[1]);
}

function plain(x: Tensor, limit: bigint): number | bigint {
  return isBig(x.data) ? limit : Number(limit);
}
