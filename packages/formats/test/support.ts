// What several tests share: the formats small enough to try whole, their values in order, seeded doubles, and a list
// of mismatches that stays readable when thousands fail.

import { bitsToDouble } from "../src/bits.js";
import {
  catalog,
  decode,
  defineFormat,
  type FloatFormat,
  fractionBits,
  formatNamed,
  minSubnormal,
  type RandomSource,
} from "../src/index.js";

const flushing = defineFormat({
  name: "flushing-e4m3",
  bits: 8,
  precision: 4,
  bias: 7,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: false,
});

const oneNan = defineFormat({
  ...flushing,
  name: "one-nan-e5m1",
  precision: 2,
  infinities: false,
  nans: "one",
});

const allFinite = defineFormat({
  ...flushing,
  name: "finite-e5m4",
  bits: 10,
  precision: 5,
  bias: 20,
  nans: "none",
  infinities: false,
  subnormals: true,
});

/** All formats whose codes can be tried one by one: the catalogue's, IEEE-like ones by name, and odd ones. */
export const smallFormats: readonly FloatFormat[] = [
  ...catalog.filter((format) => format.bits <= 16),
  ...["e2m3", "e3m4", "e4m7", "e5m6", "e6m9", "e8m1", "e2m13"].map(formatNamed),
  flushing,
  oneNan,
  allFinite,
].filter((format, index, all) => all.indexOf(format) === index);

export interface CodedValue {
  readonly code: number;
  readonly value: number;
}

/** The finite values from 0 up, in the order of their codes. */
export function positiveValues(format: FloatFormat): readonly CodedValue[] {
  const values: CodedValue[] = [];
  for (let code = 0; code < 2 ** (format.bits - 1); code++) {
    const value = decode(code, format);
    const repeatsZero = value === 0 && code > 0; // a format without subnormals has many codes of zero
    if (Number.isFinite(value) && !repeatsZero) values.push({ code, value });
  }
  return values;
}

/** Any double at all: 64 random bits. */
export function anyDouble(random: RandomSource): number {
  return bitsToDouble((BigInt(random()) << 40n) | (BigInt(random()) << 16n) | BigInt(random() & 0xffff));
}

/**
 * A double that is hard to round to the format: a few or many significand bits, anywhere from below its smallest
 * value to beyond its largest, often a value or a tie, or the double next to one.
 */
export function hardDouble(
  random: RandomSource,
  format: FloatFormat,
  lowest: number,
  highest: number,
): number {
  const exponent = lowest + (random() % (highest - lowest + 1));
  const kind = random() & 7;
  let significand = 1 + random() / 2 ** 24 + random() / 2 ** 48;
  if (kind < 6) {
    const unit = 2 ** -fractionBits(format);
    significand = Math.floor(significand / unit) * unit + (kind & 1) * (unit / 2);
    if (kind >= 4) significand = 1 + unit * 0.5 * (random() & 3);
    significand += ((random() % 3) - 1) * Number.EPSILON;
  }
  let x = significand * 2 ** exponent;
  if ((random() & 15) === 0) x = (random() & 63) * (minSubnormal(format) / 4);
  return (random() & 1) === 0 ? x : -x;
}

/** Collects what went wrong, the first few in words. Comparing thousands of lists by `expect` would take minutes. */
export class Mismatches {
  count = 0;
  readonly examples: string[] = [];

  same(actual: number, expected: number, about: () => string): void {
    if (Object.is(actual, expected)) return;
    this.count++;
    if (this.examples.length < 5) this.examples.push(`${about()}: ${actual} instead of ${expected}`);
  }
}
