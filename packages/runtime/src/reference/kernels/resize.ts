// Resampling axis by axis: every element of the output is a weighted sum of elements of the input.
import {
  floatAttr,
  intAttr,
  isFloat,
  resizedAxes,
  stringAttr,
  type AxisResize,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { cubicFilter, linearFilter } from "./filters.js";
import type { Tap } from "./grid.js";
import { roundedTo } from "./quantize.js";
import { around, select } from "./select.js";
import { contextOf, copyOf, elementsOf, outputDims, zeros } from "./tensors.js";

export const resize: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const dims = outputDims(inputs, node);
  const axes = resizedAxes(contextOf(inputs, node), x.dims)!;
  if (dims.includes(0)) return [zeros(x.elem, dims)];
  if (stringAttr(node, "mode") === "nearest") return [nearest(x, axes, node)];

  const wide: Tensor = { elem: "float64", dims: x.dims, data: Float64Array.from(x.data, Number) };
  const { data } = axes.reduce((t, axis) => interpolated(t, axis, node), wide);
  if (isFloat(x.elem)) return [{ elem: x.elem, dims, data }];
  const result = zeros(x.elem, dims);
  const [round, target] = [roundedTo(x.elem), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) target[i] = round((data as Float64Array)[i]!) as number;
  return [result];
};

function nearest(x: Tensor, axes: readonly AxisResize[], node: Node): Tensor {
  const outside = elementsOf(zeros(x.elem, [1]).data);
  if (x.elem !== "string") {
    outside[0] = (isFloat(x.elem) ? Number : roundedTo(x.elem))(
      floatAttr(node, "extrapolation_value"),
    ) as number;
  }
  return axes.reduce((t, axis) => select(t, axis.axis, nearestAlong(axis, node), outside[0]), copyOf(x));
}

/** Per element along the axis, the one of the input that it shows; -1 for none. */
function nearestAlong(axis: AxisResize, node: Node): number[] {
  return originalCoordinates(axis, node).map((at) => {
    if (isExtrapolated(at, axis, node)) return -1;
    return Math.min(Math.max(nearestTo(at, node), 0), axis.from - 1);
  });
}

/** Per element along the axis, the elements of the input that it is mixed from; none where it is extrapolated. */
export function resizeTaps(axis: AxisResize, node: Node): Tap[][] {
  if (stringAttr(node, "mode") === "nearest") {
    return nearestAlong(axis, node).map((index) => (index < 0 ? [] : [{ index, weight: 1 }]));
  }
  if (staysAsItIs(axis)) return Array.from({ length: axis.to }, (_, index) => [{ index, weight: 1 }]);
  return originalCoordinates(axis, node).map((at) =>
    isExtrapolated(at, axis, node) ? [] : weightsAround(at, axis, node),
  );
}

function nearestTo(at: number, node: Node): number {
  switch (stringAttr(node, "nearest_mode")) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}

/** One axis after the other: the weights along one do not depend on the others. */
function interpolated(t: Tensor, resize: AxisResize, node: Node): Tensor {
  const { axis, from, to } = resize;
  if (staysAsItIs(resize)) return t;
  const { outer, inner } = around(t.dims, axis);
  const result = zeros("float64", [...t.dims.slice(0, axis), to, ...t.dims.slice(axis + 1)]);
  const [source, target] = [elementsOf(t.data), elementsOf(result.data)];
  originalCoordinates(resize, node).forEach((at, i) => {
    const outside = isExtrapolated(at, resize, node);
    const taps = outside ? [] : weightsAround(at, resize, node);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        let sum = outside ? floatAttr(node, "extrapolation_value") : 0;
        for (const { index, weight } of taps) sum += weight * source[(o * from + index) * inner + j]!;
        target[(o * to + i) * inner + j] = sum;
      }
    }
  });
  return result;
}

function staysAsItIs({ from, to, scale, region }: AxisResize): boolean {
  return scale === 1 && from === to && region[0] === 0 && region[1] === 1;
}

/** Elements around a coordinate, weighted by how far away they are. With antialias the filter widens as 1 / scale. */
function weightsAround(at: number, { from, scale }: AxisResize, node: Node): Tap[] {
  const antialias = intAttr(node, "antialias") !== 0;
  const exclude = intAttr(node, "exclude_outside") !== 0;
  const cubic = stringAttr(node, "mode") === "cubic";
  const filter = cubic ? cubicFilter(floatAttr(node, "cubic_coeff_a")) : linearFilter;
  const narrow = antialias ? Math.min(scale, 1) : 1;
  const support = (cubic ? 2 : 1) / narrow;
  const taps: Tap[] = [];
  let sum = 0;
  for (let index = Math.floor(at - support) + 1; index < at + support; index++) {
    if (exclude && (index < 0 || index >= from)) continue;
    const weight = filter((index - at) * narrow);
    sum += weight;
    taps.push({ index: Math.min(Math.max(index, 0), from - 1), weight });
  }
  // Without a choice of elements the weights sum to 1 as they are.
  if (!antialias && !exclude) return taps;
  return taps.map(({ index, weight }) => ({ index, weight: weight / sum }));
}

/** Where in the input every element of the output lies. A fractional `from x scale` counts as it is. */
function originalCoordinates({ from, to, scale, region }: AxisResize, node: Node): number[] {
  const length = from * scale;
  const original = (x: number): number => {
    switch (stringAttr(node, "coordinate_transformation_mode")) {
      case "align_corners":
        return length === 1 ? 0 : (x * (from - 1)) / (length - 1);
      case "asymmetric":
        return x / scale;
      case "pytorch_half_pixel":
        return length === 1 ? 0 : (x + 0.5) / scale - 0.5;
      case "half_pixel_symmetric":
        return (from / 2) * (1 - to / length) + (x + 0.5) / scale - 0.5;
      case "tf_crop_and_resize": {
        const [start, end] = region;
        if (length === 1) return 0.5 * (start + end) * (from - 1);
        return start * (from - 1) + (x * (end - start) * (from - 1)) / (length - 1);
      }
      default:
        return (x + 0.5) / scale - 0.5;
    }
  };
  return Array.from({ length: to }, (_, x) => original(x));
}

function isExtrapolated(at: number, { from }: AxisResize, node: Node): boolean {
  const crops = stringAttr(node, "coordinate_transformation_mode") === "tf_crop_and_resize";
  return crops && (at < 0 || at > from - 1);
}
