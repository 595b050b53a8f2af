// Reductions: every element gets what came to its line, times how strongly the result reacts to it.
import { intAttr, reducedAxes } from "@mpplan/ir";
import { contextOf } from "@mpplan/runtime";
import { choices, linesAlong, linesOf, productsOfOthers, type Lines } from "./lines.js";
import { numbersOf, type GradientContext, type GradientRule, type Pullback } from "./rule.js";

/** The derivatives per element, given the lines and what they came to. */
type Slopes = (x: Float64Array, lines: Lines, y: Float64Array) => Float64Array;

/** The derivative by an element x of a line that came to y. */
const each =
  (slope: (x: number, y: number) => number): Slopes =>
  (x, { places }, y) =>
    x.map((value, i) => slope(value, y[places[i]!]!));

/** The first of equal extremes takes all, as it gave all. */
const most: Slopes = (x, lines) => choices(x, lines, (value, best) => value > best);
const least: Slopes = (x, lines) => choices(x, lines, (value, best) => value < best);

/** Of y = (sum |x|^p)^(1/p): sign(x) |x / y|^(p - 1). Where all are 0, nothing passes. */
export const normSlope =
  (p: number) =>
  (x: number, y: number): number =>
    y === 0 ? 0 : Math.sign(x) * Math.abs(x / y) ** (p - 1);

export const globalLpPool: GradientRule = (context) =>
  pulled(context, planesOf(context), each(normSlope(intAttr(context.node, "p"))));
export const globalMaxPool: GradientRule = (context) => pulled(context, planesOf(context), most);
export const reduceL1 = reduction(each(Math.sign));
export const reduceL2 = reduction(each(normSlope(2)));
/** Of y = ln sum x: 1 / sum x. */
export const reduceLogSum = reduction(each((_x, y) => Math.exp(-y)));
export const reduceLogSumExp = reduction(each((x, y) => Math.exp(x - y)));
export const reduceMax = reduction(most);
export const reduceMin = reduction(least);
export const reduceProd = reduction(productsOfOthers);
export const reduceSum = reduction(each(() => 1));
export const reduceSumSquare = reduction(each((x) => 2 * x));

function reduction(slopes: Slopes): GradientRule {
  return (context) => {
    const { dims } = context.inputs[0]!;
    const axes = reducedAxes(contextOf(context.inputs, context.node), dims.length)!;
    return pulled(context, linesAlong(dims, axes), slopes);
  };
}

/** Every channel of every sample. */
function planesOf({ inputs, outputs }: GradientContext): Lines {
  const count = outputs[0]!.data.length;
  return linesOf(count, inputs[0]!.data.length / count);
}

function pulled({ inputs, outputs }: GradientContext, lines: Lines, slopes: Slopes): Pullback {
  const derivative = slopes(numbersOf(inputs[0]), lines, numbersOf(outputs[0]));
  return ([g], room) => {
    const result = room(derivative.length);
    for (let i = 0; i < result.length; i++) {
      const gi = g![lines.places[i]!]!;
      if (gi !== 0) result[i] = gi * derivative[i]!;
    }
    return inputs.map((_, i) => (i === 0 ? result : null));
  };
}
