// Where in flat storage indexed elements and slices lie: what Gather and Scatter operators of either kind share.
import { sizeOf, toNumbers, type Node, type Tensor } from "@mpplan/ir";
import { indexInto } from "./indices.js";
import { positions, stridesOf } from "./positions.js";

/** For every place of the indices, that of the data with the same coordinates but for the index along `axis`. */
export function elementPlaces(
  data: readonly number[],
  indices: readonly number[],
  axis: number,
  along: readonly number[],
): Int32Array {
  const strides = stridesOf(data);
  const others = positions(
    indices,
    strides.map((stride, i) => (i === axis ? 0 : stride)),
  );
  return others.map((place, i) => place + along[i]! * strides[axis]!);
}

/**
 * For every row of the last axis of the indices, where the slice begins that it lists the coordinates of, after `batch`
 * axes that indices and data share.
 */
export function slicePlaces(node: Node, data: readonly number[], indices: Tensor, batch: number): number[] {
  const strides = stridesOf(data);
  const count = indices.dims.at(-1)!;
  const rows = sizeOf(indices.dims.slice(0, -1));
  const batches = sizeOf(indices.dims.slice(0, batch));
  const list = toNumbers(indices);
  return Array.from({ length: rows }, (_, row) => {
    let place = Math.floor(row / (rows / batches)) * sizeOf(data.slice(batch));
    for (let i = 0; i < count; i++) {
      place += indexInto(node, list[row * count + i]!, data[batch + i]!) * strides[batch + i]!;
    }
    return place;
  });
}
