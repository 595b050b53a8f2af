// A site's sums laid out as a plan arranges them: terms in another order, neurons multiplied by powers of two.
import { formatNamed } from "@mpplan/formats";
import { resultFormat, type Accumulator, type Arrangement } from "@mpplan/ir";
import type { Products } from "./products.js";

/** The products of arranged sums, and what undoes their scales. */
export interface Arranged {
  readonly products: Products;
  /** Per neuron 2^-e, by which a finished sum is multiplied; null where nothing is scaled. */
  readonly unscale: readonly number[] | null;
}

/**
 * Step i takes term terms[i], and weights and bias of a neuron are multiplied by 2^e. The products must be of
 * binary32 numbers; scaled ones are again. A convolution's terms are its channels, each with all of its taps.
 */
export function arranged(products: Products, arrangement: Arrangement | undefined): Arranged {
  if (!arrangement) return { products, unscale: null };
  const { terms, scales } = arrangement;
  const ordered = terms ? inOrder(products, terms) : products;
  if (!scales) return { products: ordered, unscale: null };
  return { products: scaled(ordered, scales), unscale: scales.map((e) => 2 ** -e) };
}

/** From a finished sum to its component's value. */
export type Unscaler = (finished: number, neuron: number) => number;

/**
 * Undoes the scales; null where there are none. The value is a binary32 number again, as all sums but those in
 * binary64 are: 2^-e may take it out of the normal range.
 */
export function unscaler({ unscale }: Arranged, accumulator: Accumulator): Unscaler | null {
  if (!unscale) return null;
  const wide = formatNamed(resultFormat(accumulator)).carrier;
  return (finished, neuron) => {
    const value = finished * unscale[neuron]!;
    return wide ? value : Math.fround(value);
  };
}

function inOrder(products: Products, terms: readonly number[]): Products {
  const { length, groups, columns, weights } = products;
  const places = termPlaces(terms, length);
  const ordered = new Float64Array(groups * columns * length);
  for (let from = 0; from < ordered.length; from += length) {
    for (let k = 0; k < length; k++) ordered[from + k] = weights[from + places[k]!]!;
  }
  const row = new Float64Array(length);
  return {
    ...products,
    weights: ordered,
    loadRow(group, at, into) {
      products.loadRow(group, at, row);
      for (let k = 0; k < length; k++) into[k] = row[places[k]!]!;
    },
  };
}

/** Where each step finds its operands: `terms` counts runs of length / terms.length steps. */
function termPlaces(terms: readonly number[], length: number): number[] {
  const taps = length / Math.max(1, terms.length);
  return terms.flatMap((term) => Array.from({ length: taps }, (_, tap) => term * taps + tap));
}

function scaled(products: Products, scales: readonly number[]): Products {
  const { length, groups, columns, neuron } = products;
  const factor = (group: number, column: number): number => 2 ** scales[neuron(group, column)]!;
  const weights = new Float64Array(groups * columns * length);
  for (let group = 0, at = 0; group < groups; group++) {
    for (let column = 0; column < columns; column++) {
      const by = factor(group, column);
      for (const end = at + length; at < end; at++) weights[at] = Math.fround(products.weights[at]! * by);
    }
  }
  return {
    ...products,
    weights,
    bias: (group, row, column) => Math.fround(products.bias(group, row, column) * factor(group, column)),
  };
}
