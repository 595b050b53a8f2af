// Reductions over axes, one line per operator: a start, a step, and what is done at the end; or, of sums, what is added.
import { exp, log } from "@mpplan/formats";
import { integerLimits } from "./convert.js";
import { isFloat, reducedAxes, type Tensor } from "@mpplan/ir";
import { need, summing, type ReferenceKernel, type SummingKernel } from "../kernel.js";
import { positions, stretchedStrides } from "./positions.js";
import { sumsAt } from "./sums-at.js";
import { contextOf, elementsOf, isBig, outputDims, zeros } from "./tensors.js";

interface Reduction {
  /** What nothing at all comes to. */
  start(x: Tensor): number | bigint;
  step(sum: number, x: number): number;
  /** `count` is the number of elements that were taken together. */
  finish?(sum: number, count: number): number;
}

interface Sum {
  /** What of an element is added; left out, the element itself. */
  term?(x: number): number;
  finish?(sum: number, count: number): number;
}

const from = (start: number) => (): number => start;

export const reduceL1 = sum({ term: Math.abs });
export const reduceL2 = sum({ term: (x) => x * x, finish: Math.sqrt });
export const reduceLogSum = sum({ finish: log });
export const reduceMax = reduction({
  start: (x) => lowest(x),
  step: (most, x) => (x > most || Number.isNaN(x) ? x : most),
});
export const reduceMean = sum({ finish: (total, count) => total / count });
export const reduceMin = reduction({
  start: (x) => highest(x),
  step: (least, x) => (x < least || Number.isNaN(x) ? x : least),
});
export const reduceProd = reduction({ start: from(1), step: (product, x) => product * x });
export const reduceSum = sum({});
export const reduceSumSquare = sum({ term: (x) => x * x });

/** Less the maximum, no exponential overflows: ln sum exp(x) = max + ln sum exp(x - max). */
export const reduceLogSumExp = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const [most] = reduceMax(inputs, node) as [Tensor];
  const places = placesOf(inputs, node, x);
  const result = zeros(x.elem, most.dims);
  const [source, largest, target] = [elementsOf(x.data), elementsOf(most.data), elementsOf(result.data)];
  // Infinite maxima are what they are: subtracted, they would give NaN.
  const shift = Float64Array.from(largest as ArrayLike<number>, (m) =>
    Number.isFinite(Number(m)) ? Number(m) : 0,
  );
  const powers = Float64Array.from(source as ArrayLike<number>, (v, i) =>
    exp(Number(v) - shift[places[i]!]!),
  );
  const sums = sumsAt(powers, places, target.length, add);
  const big = isBig(result.data);
  for (let i = 0; i < target.length; i++) {
    const value = log(sums[i]!) + shift[i]!;
    target[i] = big ? (BigInt(Math.trunc(value)) as unknown as number) : value;
  }
  return [result];
});

/** Integers are added as they are, and stay exact; floats by the adder. */
function sum({ term = (x) => x, finish = (total) => total }: Sum): SummingKernel {
  const ofIntegers = reduction({ start: from(0), step: (total, x) => total + term(x), finish });
  return summing((inputs, node, add) => {
    const x = need(inputs, 0, node);
    if (!isFloat(x.elem)) return ofIntegers(inputs, node);
    const result = zeros(x.elem, outputDims(inputs, node));
    const target = elementsOf(result.data);
    const count = target.length === 0 ? 0 : x.data.length / target.length;
    const terms = elementsOf(x.data).map((v) => term(v));
    sumsAt(terms, placesOf(inputs, node, x), target.length, add).forEach((total, i) => {
      target[i] = finish(total, count);
    });
    return [result];
  });
}

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
