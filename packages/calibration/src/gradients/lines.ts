// The elements that an operator takes together: lines along axes, and what folding them chooses or multiplies.
import { sizeOf } from "@mpplan/ir";
import { positions, stretchedStrides } from "@mpplan/runtime";

export interface Lines {
  /** Per element, the number of its line. */
  readonly places: Int32Array;
  readonly count: number;
  /** Elements of a line. */
  readonly size: number;
}

/** The lines of a tensor along these axes, which are counted from 0; in order of the other axes. */
export function linesAlong(dims: readonly number[], axes: readonly number[]): Lines {
  const kept = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return {
    places: positions(dims, stretchedStrides(kept, dims)),
    count: sizeOf(kept),
    size: sizeOf(axes.map((axis) => dims[axis]!)),
  };
}

/** The lines of so many elements that follow one another. */
export function linesOf(count: number, size: number): Lines {
  return linesAlong([count, size], [1]);
}

/** Per line, the sum of f over its elements, in their order. */
export function sumsOf({ places, count }: Lines, f: (i: number) => number): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < places.length; i++) sums[places[i]!]! += f(i);
  return sums;
}

/** 1 for the element of every place that is chosen, 0 for the others: the first, unless `beats` says better. */
export function choices(
  x: ArrayLike<number>,
  { places, count }: Pick<Lines, "places" | "count">,
  beats: (x: number, best: number) => boolean,
): Float64Array {
  const chosen = new Int32Array(count).fill(-1);
  for (let i = 0; i < places.length; i++) {
    const best = chosen[places[i]!]!;
    if (best < 0 || Number.isNaN(x[i]) || beats(x[i]!, x[best]!)) chosen[places[i]!] = i;
  }
  return Float64Array.from(places, (place, i) => (chosen[place] === i ? 1 : 0));
}

/** For every element, the product of the others at its place: right where some are 0, too. */
export function productsOfOthers(
  x: ArrayLike<number>,
  { places, count }: Pick<Lines, "places" | "count">,
): Float64Array {
  const result = new Float64Array(places.length).fill(1);
  const multiply = (i: number, running: Float64Array): void => {
    result[i]! *= running[places[i]!]!;
    running[places[i]!]! *= x[i]!;
  };
  const [before, behind] = [new Float64Array(count).fill(1), new Float64Array(count).fill(1)];
  for (let i = 0; i < places.length; i++) multiply(i, before);
  for (let i = places.length - 1; i >= 0; i--) multiply(i, behind);
  return result;
}
