import { constantInts, hasInput, shapeOf } from "./checks.js";
import { defineOp, inputType, shapeError, type InferContext } from "./define.js";
import { normalizeAxes } from "./dims.js";
import type { Dim } from "../types.js";

/** What a Slice takes along one axis: `count` elements from `start`, `step` apart. */
export interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Some of the elements along some axes. Inputs: data, starts, ends, axes (the first ones), steps (ones). */
export const slice = defineOp({
  name: "Slice",
  arity: [3, 5],
  attributes: {},
  infer(context) {
    const { elem } = inputType(context, 0);
    const shape = shapeOf(context, 0, 1);
    const bounds = shape && sliceBounds(context, shape.length);
    if (!shape) return [{ elem, shape: null }];
    if (!bounds) return [{ elem, shape: shape.map(() => null) }];
    const output: Dim[] = [...shape];
    for (const { axis, start, end, step } of bounds) {
      const size = shape[axis]!;
      if (typeof size === "number") output[axis] = range(size, start, end, step).count;
      // The whole of an unknown axis is that axis.
      else if (!(start === 0 && step === 1 && end >= wholeAxis)) output[axis] = null;
    }
    return [{ elem, shape: output }];
  },
});

/** Ends from here on mean "to the end": exporters write INT32_MAX or INT64_MAX. */
const wholeAxis = 2 ** 31 - 1;

/** The ranges that a Slice takes of a tensor of known dims. */
export function resolveSlices(context: InferContext, dims: readonly number[]): SliceRange[] {
  const bounds = sliceBounds(context, dims.length);
  if (!bounds) throw new Error("internal: a Slice of known dims has unknown bounds");
  return bounds.map(({ axis, start, end, step }) => ({
    axis,
    step,
    ...range(dims[axis]!, start, end, step),
  }));
}

interface Bounds {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function sliceBounds(context: InferContext, rank: number): Bounds[] | null {
  const { node } = context;
  const starts = constantInts(context, 1, "starts");
  const ends = constantInts(context, 2, "ends");
  const axes = hasInput(context, 3) ? constantInts(context, 3, "axes") : starts?.map((_, i) => i);
  const steps = hasInput(context, 4) ? constantInts(context, 4, "steps") : starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps) return null;
  if (new Set([starts.length, ends.length, axes.length, steps.length]).size > 1) {
    throw shapeError(node, "the starts, ends, axes and steps of Slice differ in number");
  }
  if (steps.includes(0)) throw shapeError(node, "Slice has a step of 0");
  return normalizeAxes(node, axes, rank).map((axis, i) => ({
    axis,
    start: starts[i]!,
    end: ends[i]!,
    step: steps[i]!,
  }));
}

/** Negative bounds count from the end; the limits of both are those that ONNX names for either direction. */
function range(size: number, start: number, end: number, step: number): { start: number; count: number } {
  const high = step > 0 ? size : size - 1;
  const clamp = (bound: number, low: number): number =>
    Math.min(Math.max(bound < 0 ? bound + size : bound, low), high);
  const from = clamp(start, 0);
  const to = clamp(end, step > 0 ? 0 : -1);
  return { start: from, count: Math.max(0, Math.ceil((to - from) / step)) };
}
