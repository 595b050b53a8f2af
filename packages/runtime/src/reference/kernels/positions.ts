// Strided walks: where, in flat storage, the elements of a transposed or broadcast tensor are found.

import { sizeOf } from "@mpplan/ir";

/** Row-major strides: the distance in flat storage between neighbours along every axis. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  return strides;
}

/** For every place of the dims, in row-major order, the sum of index x stride over the axes. */
export function positions(dims: readonly number[], strides: readonly number[]): Int32Array {
  const result = new Int32Array(sizeOf(dims));
  if (result.length === 0) return result;
  // What is filled so far covers the axes behind this one; every further index of this axis is that, moved on.
  let filled = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    for (let i = 1; i < dims[axis]!; i++) {
      const move = i * strides[axis]!;
      for (let j = 0; j < filled; j++) result[i * filled + j] = result[j]! + move;
    }
    filled *= dims[axis]!;
  }
  return result;
}

/** Where a tensor of dims `from` has its elements once it is broadcast to `to`; null if nothing is stretched. */
export function broadcastPositions(from: readonly number[], to: readonly number[]): Int32Array | null {
  if (sizeOf(from) === sizeOf(to)) return null;
  return positions(to, stretchedStrides(from, to));
}

/** The strides of `from` aligned at the last axis of `to`: 0 where an axis is missing or stretched. */
export function stretchedStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}
