// Picks slices along one axis: what Gather, Slice and Pad are made of.
import { sizeOf, type Tensor } from "@mpplan/ir";
import { elementsOf, zeros } from "./tensors.js";

/** How many slices lie before an axis, and how many elements make up one step along it. */
export function around(dims: readonly number[], axis: number): { outer: number; inner: number } {
  return { outer: sizeOf(dims.slice(0, axis)), inner: sizeOf(dims.slice(axis + 1)) };
}

/** The slices at these coordinates of an axis, in their order; at -1, zeros or `fill`. */
export function select(
  t: Tensor,
  axis: number,
  coordinates: ArrayLike<number>,
  fill?: number | bigint,
): Tensor {
  const { outer, inner } = around(t.dims, axis);
  const size = t.dims[axis]!;
  const count = coordinates.length;
  const result = zeros(t.elem, [...t.dims.slice(0, axis), count, ...t.dims.slice(axis + 1)]);
  const from = elementsOf(t.data);
  const to = elementsOf(result.data);
  if (fill !== undefined) to.fill(fill as number);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      const coordinate = coordinates[i]!;
      if (coordinate < 0) continue;
      const source = (o * size + coordinate) * inner;
      const target = (o * count + i) * inner;
      for (let j = 0; j < inner; j++) to[target + j] = from[source + j]!;
    }
  }
  return result;
}
