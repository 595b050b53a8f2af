// Looks for what no sample may hold: a NaN or an infinity, stored in the file or made on the way to the input.
import type { TensorData } from "@mpplan/ir";

/** The index of the first number whose image is not finite, or null. */
export function firstNotFinite(
  data: TensorData,
  image: (value: number, index: number) => number,
): number | null {
  for (let i = 0; i < data.length; i++) {
    const value = image(Number(data[i]), i);
    // 0 for every finite number, else NaN.
    if (value - value !== 0) return i;
  }
  return null;
}

/** The place of an index in an array of those dims. */
export function placeOf(index: number, dims: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const dim of [...dims].reverse()) {
    place.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return place;
}
