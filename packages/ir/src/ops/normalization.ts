// Normalisations per channel, per group, over a window of channels, or along axes. Each takes its statistics from value
// sums as long as there are elements in the part that is normalised: of x (neuron 0) and of squared deviations from the
// mean (neuron 1), or of powers of |x| alone.
import { requireElement, sharedElement, shapeOf, valuesOf } from "./checks.js";
import {
  defineOp,
  inputType,
  intAttr,
  intsAttr,
  shapeError,
  type InferContext,
  type SumShape,
} from "./define.js";
import { mergeDims, normalizeAxes, normalizeAxis } from "./dims.js";
import type { Dim, TensorType } from "../types.js";

const epsilon = { type: "float", default: Math.fround(1e-5) } as const;

/**
 * scale (x - mean) / sqrt(variance + epsilon) + bias, per sample and channel. Inputs: X [N, C, ...], scale [C], bias [C].
 * Sums: N x C of x and of squared deviations, as long as there are pixels.
 */
export const instanceNormalization = defineOp({
  name: "InstanceNormalization",
  arity: [3, 3],
  attributes: { epsilon },
  infer: (context) => [channelType(context)],
  valueSums(context) {
    const shape = shapeOf(context, 0, 2);
    if (!shape) return null;
    return valuesOf(context, { ...statistics, lines: shape.slice(0, 2), terms: shape.slice(2) });
  },
});

/**
 * As InstanceNormalization, but the statistics are those of a group of neighbouring channels.
 * Sums: N x groups of x and of squared deviations, C / groups x pixels long.
 */
export const groupNormalization = defineOp({
  name: "GroupNormalization",
  arity: [3, 3],
  attributes: {
    epsilon,
    num_groups: { type: "int", required: true },
    // The precision of the statistics: the reference has binary64, and rounds what it stores.
    stash_type: { type: "element", default: "float32" },
  },
  infer(context) {
    const { node } = context;
    const type = channelType(context);
    const groups = intAttr(node, "num_groups");
    const channels = type.shape?.[1];
    if (!Number.isInteger(groups) || groups < 1) {
      throw shapeError(node, `GroupNormalization has ${groups} groups`);
    }
    if (typeof channels === "number" && channels % groups !== 0) {
      throw shapeError(
        node,
        `the ${channels} channels of GroupNormalization do not divide into ${groups} groups`,
      );
    }
    return [type];
  },
  valueSums(context) {
    const shape = shapeOf(context, 0, 2);
    const groups = intAttr(context.node, "num_groups");
    const channels = shape?.[1];
    if (!shape || typeof channels !== "number") return null;
    const terms = [channels / groups, ...shape.slice(2)];
    return valuesOf(context, { ...statistics, lines: [shape[0]!, groups], terms });
  },
});

/**
 * x / (bias + alpha / size x the sum of squares of the `size` channels around)^beta. Input: X [N, C, ...].
 * Sums: one per element, of up to `size` squares.
 */
export const lrn = defineOp({
  name: "LRN",
  arity: [1, 1],
  attributes: {
    alpha: { type: "float", default: Math.fround(1e-4) },
    beta: { type: "float", default: 0.75 },
    bias: { type: "float", default: 1 },
    size: { type: "int", required: true },
  },
  infer(context) {
    const { node } = context;
    if (intAttr(node, "size") < 1) throw shapeError(node, `LRN has a size of ${intAttr(node, "size")}`);
    return [
      { elem: requireElement(node, inputType(context, 0).elem, "float"), shape: shapeOf(context, 0, 2) },
    ];
  },
  valueSums(context) {
    const shape = shapeOf(context, 0, 2);
    const channels = shape?.[1];
    if (!shape || typeof channels !== "number") return null;
    const terms = [Math.min(intAttr(context.node, "size"), channels)];
    return valuesOf(context, { lines: shape, terms, sameSign: true });
  },
});

/** x / (sum |x|^p)^(1/p) along one axis, p being 1 or 2; 0 where that norm is 0. Sums: one per line, of one sign. */
export const lpNormalization = defineOp({
  name: "LpNormalization",
  arity: [1, 1],
  attributes: { axis: { type: "int", default: -1 }, p: { type: "int", default: 2 } },
  infer(context) {
    const { node } = context;
    const type = inputType(context, 0);
    requireElement(node, type.elem, "float");
    if (type.shape) normalizeAxis(node, intAttr(node, "axis"), type.shape.length);
    const p = intAttr(node, "p");
    if (p !== 1 && p !== 2) throw shapeError(node, `LpNormalization has p = ${p}`, "use p = 1 or p = 2");
    return [type];
  },
  valueSums: (context) => alongAxes(context, [intAttr(context.node, "axis")], { sameSign: true }),
});

/** (x - mean) / (sqrt(variance) + 1e-9) over axes. Sums: of x and of squared deviations, over all of those axes. */
export const meanVarianceNormalization = defineOp({
  name: "MeanVarianceNormalization",
  arity: [1, 1],
  attributes: { axes: { type: "ints", default: [0, 2, 3] } },
  infer(context) {
    const { node } = context;
    const type = inputType(context, 0);
    requireElement(node, type.elem, "float");
    if (type.shape) normalizeAxes(node, intsAttr(node, "axes"), type.shape.length);
    return [type];
  },
  valueSums: (context) => alongAxes(context, intsAttr(context.node, "axes"), statistics),
});

/** A mean, of any signs, and a mean of squared deviations from it. */
const statistics = { sameSign: true, neurons: 2 } as const;

function alongAxes(
  context: InferContext,
  axes: readonly number[],
  what: { readonly sameSign: boolean; readonly neurons?: number },
): SumShape | null {
  const shape = shapeOf(context, 0);
  if (!shape) return null;
  const taken = normalizeAxes(context.node, axes, shape.length);
  const lines = shape.filter((_, axis) => !taken.includes(axis));
  const terms = shape.filter((_, axis) => taken.includes(axis));
  return valuesOf(context, { ...what, lines, terms });
}

function channelType(context: InferContext): TensorType {
  const { node } = context;
  const elem = sharedElement(context, "float");
  const shape = shapeOf(context, 0, 2);
  if (!shape) return { elem, shape };
  let channels: Dim = shape[1]!;
  for (const [i, name] of ["scale", "bias"].entries()) {
    const size = shapeOf(context, i + 1, 1, 1)?.[0] ?? null;
    channels = mergeDims(node, channels, size, `the ${name} of ${node.op} must fit the channels`);
  }
  return { elem, shape: shape.map((dim, axis) => (axis === 1 ? channels : dim)) };
}
