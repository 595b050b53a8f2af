import { toNumbers, type Dim } from "../types.js";
import { constantInts, hasInput, requireElement, shapeOf } from "./checks.js";
import {
  defineOp,
  inputConstant,
  inputType,
  intAttr,
  optionalInts,
  shapeError,
  stringAttr,
  type InferContext,
} from "./define.js";
import { normalizeAxes } from "./dims.js";
import { checkedType } from "./limits.js";

/** What happens along one axis. */
export interface AxisResize {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  /** As given, or to / from; `to` is from x scale, rounded down in binary32. */
  readonly scale: number;
  /** The part of the axis that is seen, 0 to 1 for all of it. */
  readonly region: readonly [number, number];
}

/**
 * Samples the input at another resolution. Inputs: X, region [2 x axes] (for `tf_crop_and_resize` only), scales or
 * else sizes. ONNX's text says that a region shortens the output; its own code, and that of others, does not, and
 * neither do we. Integers are interpolated in binary64 and rounded half to even.
 */
export const resize = defineOp({
  name: "Resize",
  arity: [1, 4],
  attributes: {
    antialias: { type: "int", default: 0 },
    axes: { type: "ints" },
    coordinate_transformation_mode: {
      type: "string",
      default: "half_pixel",
      oneOf: [
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
        "tf_crop_and_resize",
      ],
    },
    cubic_coeff_a: { type: "float", default: -0.75 },
    exclude_outside: { type: "int", default: 0 },
    extrapolation_value: { type: "float", default: 0 },
    keep_aspect_ratio_policy: {
      type: "string",
      default: "stretch",
      oneOf: ["stretch", "not_larger", "not_smaller"],
    },
    mode: { type: "string", default: "nearest", oneOf: ["nearest", "linear", "cubic"] },
    nearest_mode: {
      type: "string",
      default: "round_prefer_floor",
      oneOf: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
    },
  },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const mode = stringAttr(node, "mode");
    if (mode !== "nearest") requireElement(node, elem, "numeric");
    if (mode === "nearest" && intAttr(node, "antialias") !== 0) {
      throw shapeError(node, "Resize cannot smooth the nearest element (antialias)", "use linear or cubic");
    }
    // Older exporters write an empty list for the one that is not meant.
    const lengths = [2, 3]
      .filter((index) => hasInput(context, index))
      .map((index) => inputType(context, index).shape?.[0] ?? null);
    const given = lengths.filter((length) => length !== 0);
    if (given.length === 0 || (given.length === 2 && given.every((length) => typeof length === "number"))) {
      throw shapeError(node, "Resize needs either scales or sizes");
    }
    const shape = shapeOf(context, 0);
    if (!shape) return [{ elem, shape }];
    return [checkedType(node, elem, resizedShape(context, shape))];
  },
});

function resizedShape(context: InferContext, shape: readonly Dim[]): Dim[] {
  const axes = chosenAxes(context, shape.length);
  const output: Dim[] = shape.map((dim, axis) => (axes.includes(axis) ? null : dim));
  if (axes.every((axis) => typeof shape[axis] === "number")) {
    for (const { axis, to } of resizedAxes(context, shape) ?? []) output[axis] = to;
    return output;
  }
  const scales = scalesOf(context);
  const sizes = constantInts(context, 3, "sizes");
  axes.forEach((axis, i) => {
    const dim = shape[axis]!;
    if (scales?.[i] === 1) output[axis] = dim;
    else if (scales && typeof dim === "number") output[axis] = Math.floor(Math.fround(dim * scales[i]!));
    else if (sizes && stringAttr(context.node, "keep_aspect_ratio_policy") === "stretch") {
      output[axis] = sizes[i]!;
    }
  });
  return output;
}

/** What happens along the chosen axes, whose sizes are known; null where scales or sizes are not constant. */
export function resizedAxes(context: InferContext, shape: readonly Dim[]): AxisResize[] | null {
  const { node } = context;
  const axes = chosenAxes(context, shape.length);
  const scales = scalesOf(context);
  const sizes = scales ? undefined : constantInts(context, 3, "sizes");
  const region = inputConstant(context, 1);
  const bounds = region && region.data.length > 0 ? toNumbers(region) : null;
  for (const [list, what, length] of [
    [scales, "scales", axes.length],
    [sizes, "sizes", axes.length],
    [bounds, "numbers for its region", 2 * axes.length],
  ] as const) {
    if (list && list.length !== length) {
      throw shapeError(
        node,
        `Resize has ${list.length} ${what}, but needs ${length} for ${axes.length} axes`,
      );
    }
  }
  if (!scales && !sizes) return null;
  if (bounds && !bounds.every(Number.isFinite)) {
    throw shapeError(node, `Resize has the region [${bounds.join(", ")}]`, "feed finite numbers");
  }
  if (stringAttr(node, "coordinate_transformation_mode") === "tf_crop_and_resize" && !bounds) {
    if (hasInput(context, 1) && !region) return null;
    throw shapeError(node, "Resize with tf_crop_and_resize needs a region");
  }
  const from = axes.map((axis) => shape[axis] as number);
  const ratios = scales ?? sizes!.map((size, i) => size / from[i]!);
  const policy = scales ? "stretch" : stringAttr(node, "keep_aspect_ratio_policy");
  const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  return axes.map((axis, i) => {
    const scale = policy === "stretch" ? ratios[i]! : common;
    const to = scales
      ? Math.floor(Math.fround(from[i]! * scale))
      : policy === "stretch"
        ? sizes![i]!
        : Math.floor(scale * from[i]! + 0.5);
    if (from[i] === 0 && to !== 0) {
      throw shapeError(node, `Resize would make ${to} elements of none along axis ${axis}`);
    }
    return { axis, from: from[i]!, to, scale, region: [bounds?.[i] ?? 0, bounds?.[i + axes.length] ?? 1] };
  });
}

function chosenAxes({ node }: InferContext, rank: number): number[] {
  const axes = optionalInts(node, "axes");
  return axes ? normalizeAxes(node, axes, rank) : Array.from({ length: rank }, (_, i) => i);
}

function scalesOf(context: InferContext): number[] | undefined {
  const constant = inputConstant(context, 2);
  if (!constant || constant.data.length === 0) return undefined;
  requireElement(context.node, constant.elem, "float", "scales");
  const scales = toNumbers(constant);
  const bad = scales.find((scale) => !(scale > 0 && scale < Infinity));
  if (bad !== undefined) {
    throw shapeError(context.node, `Resize has the scale ${bad}`, "use scales above 0");
  }
  return scales;
}
