// From a real number to the code of its rounding: sign, biased exponent, fraction, as one non-negative integer.
// `decode` is the way back.

import { exponentOf } from "./bits.js";
import { FormatError } from "./errors.js";
import { exponentBits, type FloatFormat, fractionBits, minExponent, minNormal } from "./format.js";
import { round, type RoundOptions, spacingAt } from "./round.js";

/**
 * The code of round(x, format, options), an integer below 2^bits. A zero has code 0, since a rounded zero is +0. NaN
 * has one canonical code, without sign: the quiet NaN with the rest of the fraction zero (IEEE-like), all ones
 * (one NaN), or what would be -0.
 *
 * @throws FormatError `no-nan` (NaN, in a format that has none), `too-wide` (binary64: its codes do not fit a number,
 * and DataView reads them), `missing-random`
 * @example
 * encode(-1.5, bfloat16).toString(16); // bfc0
 */
export function encode(x: number, format: FloatFormat, options: RoundOptions = {}): number {
  requireNumberCodes(format, "encode");
  const value = round(x, format, options);
  if (Number.isNaN(value)) return nanCode(format);
  const signCode = value < 0 ? 2 ** (format.bits - 1) : 0;
  return signCode + magnitudeCode(Math.abs(value), format);
}

/** The refusal that encode and decode share. */
export function requireNumberCodes(format: FloatFormat, where: string): void {
  if (!format.carrier) return;
  throw new FormatError("too-wide", {
    what: `codes of ${format.name} have ${format.bits} bits and do not fit a number`,
    where,
    next: "use DataView.setFloat64 and getBigUint64",
  });
}

/** The code of a non-negative value of the format. Codes rise with the value, by one from each to the next. */
function magnitudeCode(value: number, format: FloatFormat): number {
  const hidden = 2 ** fractionBits(format);
  if (value === Infinity) return (2 ** exponentBits(format) - 1) * hidden;
  if (value === 0) return 0;
  const significand = value / spacingAt(value, format);
  if (value < minNormal(format)) return significand;
  const field = exponentOf(value) - minExponent(format) + 1;
  return field * hidden + (significand % hidden);
}

function nanCode(format: FloatFormat): number {
  const hidden = 2 ** fractionBits(format);
  const topField = (2 ** exponentBits(format) - 1) * hidden;
  switch (format.nans) {
    case "many":
      return topField + hidden / 2;
    case "one":
      return topField + hidden - 1;
    case "negative-zero":
      return 2 ** (format.bits - 1);
    case "none":
      throw new FormatError("no-nan", {
        what: `${format.name} has no code for NaN`,
        where: "encode",
        next: "find where the NaN comes from, or choose a format that has one",
      });
    default:
      return format.nans satisfies never;
  }
}
