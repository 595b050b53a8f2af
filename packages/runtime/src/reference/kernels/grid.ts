// Sampling at the points of a grid, and the grids of affine maps.
import { intAttr, sizeOf, stringAttr, type Node, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { cubicFilter, linearFilter } from "./filters.js";
import { stridesOf } from "./positions.js";
import { roundHalfEven } from "./quantize.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const gridSample: ReferenceKernel = (inputs, node) => {
  const [x, grid] = [need(inputs, 0, node), need(inputs, 1, node)];
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const [batch, channels] = x.dims as [number, number];
  const spatial = x.dims.slice(2);
  const planeSize = sizeOf(spatial);
  const places = sizeOf(result.dims.slice(2));
  const tapsAt = gridTaps(spatial, grid, node);

  for (let n = 0; n < batch; n++) {
    for (let place = 0; place < places; place++) {
      const taps = tapsAt(n * places + place);
      for (let c = 0; c < channels; c++) {
        const plane = (n * channels + c) * planeSize;
        let sum = 0;
        for (const { index, weight } of taps) sum += weight * source[plane + index]!;
        target[(n * channels + c) * places + place] = sum;
      }
    }
  }
  return [result];
};

/** For a point of the grid, the elements of a plane that it reads. */
export function gridTaps(spatial: readonly number[], grid: Tensor, node: Node): (point: number) => Tap[] {
  const points = elementsOf(grid.data);
  const along = spatial.map((size) => sampler(size, node));
  const axes = spatial.length;
  // The grid names the last axis first.
  return (point) =>
    combinedTaps(
      along.map((tapsAt, axis) => tapsAt(points[(point + 1) * axes - 1 - axis]!)),
      spatial,
    );
}

/** An element and its weight. NaN as an index stands for a point that is nowhere. */
export interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** The taps of several axes together: positions in the plane, and the products of the weights. */
export function combinedTaps(along: readonly (readonly Tap[])[], spatial: readonly number[]): Tap[] {
  const strides = stridesOf(spatial);
  return along.reduce<Tap[]>(
    (sofar, taps, axis) =>
      sofar.flatMap((a) =>
        taps.map((b) => ({ index: a.index + b.index * strides[axis]!, weight: a.weight * b.weight })),
      ),
    [{ index: 0, weight: 1 }],
  );
}

/** The elements of an axis around a point between them; what lies outside counts as zero, so not at all. */
export function linearTaps(at: number, size: number): Tap[] {
  if (Number.isNaN(at)) return [{ index: NaN, weight: 1 }];
  const low = Math.floor(at);
  return [low, low + 1]
    .filter((index) => index >= 0 && index < size)
    .map((index) => ({ index, weight: linearFilter(index - at) }));
}

/** For a coordinate from -1 to 1, the elements along an axis that it reads. */
function sampler(size: number, node: Node): (coordinate: number) => Tap[] {
  const aligned = intAttr(node, "align_corners") !== 0;
  const mode = stringAttr(node, "mode");
  const padding = stringAttr(node, "padding_mode");
  const [least, most] = aligned ? [0, size - 1] : [-0.5, size - 0.5];
  const filter = mode === "cubic" ? cubicFilter(-0.75) : linearFilter;
  const support = mode === "cubic" ? 2 : 1;
  const clamp = (at: number): number => Math.min(Math.max(at, 0), size - 1);
  const inside = (at: number): number => {
    if (padding === "border") return clamp(at);
    return padding === "reflection" ? reflected(at, least, most) : at;
  };
  /** The element at an index, or none where zeros lie. */
  const tap = (index: number, weight: number): Tap[] => {
    if (padding === "zeros") return index >= 0 && index < size ? [{ index, weight }] : [];
    // Mirrored at half an element, an index may end up half an element outside.
    return [{ index: clamp(Math.trunc(inside(index))), weight }];
  };
  return (coordinate) => {
    const at = aligned ? ((coordinate + 1) / 2) * (size - 1) : ((coordinate + 1) * size - 1) / 2;
    if (!Number.isFinite(inside(at))) return Number.isNaN(inside(at)) ? [{ index: NaN, weight: 1 }] : [];
    if (mode === "nearest") return tap(roundHalfEven(at), 1);
    // Of a cubic, every tap is put inside by itself, as PyTorch does: the weights are those of the point outside.
    const near = Math.min(Math.max(at, -support - 1), size + support);
    const point = mode === "cubic" && padding === "border" ? near : inside(at);
    const taps: Tap[] = [];
    // Offsets, since far away from 0 an index plus 1 may be the same number.
    for (let offset = 1 - support; offset <= support; offset++) {
      const index = Math.floor(point) + offset;
      taps.push(...tap(index, filter(index - point)));
    }
    return taps;
  };
}

/** Mirrored at the bounds until it lies between them. */
function reflected(at: number, least: number, most: number): number {
  const range = most - least;
  if (range === 0) return least;
  const distance = Math.abs(at - least) % (2 * range);
  return distance <= range ? least + distance : most - (distance - range);
}

export const affineGrid: ReferenceKernel = (inputs, node) => {
  const theta = need(inputs, 0, node);
  const result = zeros(theta.elem, outputDims(inputs, node));
  const [batch, ...rest] = result.dims as [number, ...number[]];
  const axes = rest.pop()!;
  const [map, target] = [elementsOf(theta.data), elementsOf(result.data)];
  const aligned = intAttr(node, "align_corners") !== 0;
  const strides = stridesOf(rest);
  const places = sizeOf(rest);
  /** Of an index along an axis, from -1 to 1: to the corner elements' centres, or to their outer edges. */
  const coordinate = (index: number, size: number): number => {
    if (!aligned) return (2 * index + 1) / size - 1;
    return size === 1 ? 0 : (2 * index) / (size - 1) - 1;
  };
  for (let n = 0; n < batch; n++) {
    for (let place = 0; place < places; place++) {
      // Homogeneous, the last axis first.
      const point = rest
        .map((size, axis) => coordinate(Math.floor(place / strides[axis]!) % size, size))
        .reverse();
      point.push(1);
      for (let row = 0; row < axes; row++) {
        let sum = 0;
        for (let i = 0; i <= axes; i++) sum += map[(n * axes + row) * (axes + 1) + i]! * point[i]!;
        target[(n * places + place) * axes + row] = sum;
      }
    }
  }
  return [result];
};
