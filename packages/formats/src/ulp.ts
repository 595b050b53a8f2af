// Spacing, neighbours and distance in a format.

import { doubleBelow, doubleToBits } from "./bits.js";
import { encode } from "./encode.js";
import { FormatError } from "./errors.js";
import { type FloatFormat, maxFinite, minSubnormal } from "./format.js";
import { round, spacingAt } from "./round.js";

/**
 * The spacing of the format at x, 2^(max(e, emin) - p + 1) for 2^e <= |x| < 2^(e+1); x need not be representable.
 * At zero and below the normal range it is the smallest positive value; beyond the largest value it goes on as if
 * the exponent had no limit; it is Infinity for an infinite x, NaN for NaN.
 *
 * @example
 * ulp(1, bfloat16); // 0.0078125
 */
export function ulp(x: number, format: FloatFormat): number {
  if (!Number.isFinite(x)) return Math.abs(x);
  return x === 0 ? minSubnormal(format) : spacingAt(x, format);
}

/**
 * The smallest value of the format above x, which need not be representable. Infinity counts where the format has
 * it; where nothing is above x, the largest value is returned. NaN gives NaN; a zero is +0.
 *
 * @example
 * nextUp(1, bfloat16); // 1.0078125
 */
export function nextUp(x: number, format: FloatFormat): number {
  if (Number.isNaN(x)) return NaN;
  return x >= 0 ? magnitudeAbove(x, format) : 0 - magnitudeBelow(-x, format);
}

/**
 * The largest value of the format below x: -nextUp(-x, format), except that a zero is +0.
 *
 * @example
 * nextDown(1, bfloat16); // 0.99609375
 */
export function nextDown(x: number, format: FloatFormat): number {
  return 0 - nextUp(-x, format);
}

/**
 * How many steps, each from one value of the format to the next, lead from a to b: 0 if they are equal (-0 and +0
 * are), never negative. Infinity is one step beyond the largest value. NaN gives NaN. A distance above 2^53, which
 * only binary64 has, is rounded to a double.
 *
 * @throws FormatError `not-representable`
 * @example
 * ulpsBetween(1, 1.015625, bfloat16); // 2
 */
export function ulpsBetween(a: number, b: number, format: FloatFormat): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return NaN;
  const distance = rank(a, format) - rank(b, format);
  return Number(distance < 0n ? -distance : distance);
}

function magnitudeAbove(size: number, format: FloatFormat): number {
  const max = maxFinite(format);
  if (size >= max) return format.infinities ? Infinity : max;
  const below = round(size, format, { rounding: "toward-zero" });
  // If size is no value of the format, `below` still has the same spacing: both are in one binade.
  return below === 0 ? minSubnormal(format) : below + spacingAt(below, format);
}

function magnitudeBelow(size: number, format: FloatFormat): number {
  return round(doubleBelow(size), format, { rounding: "toward-zero" });
}

/** The position of a value among those of the format, 0 at zero. */
function rank(x: number, format: FloatFormat): bigint {
  if (round(x, format) !== x) {
    throw new FormatError("not-representable", {
      what: `${x} is not a value of ${format.name}`,
      where: "ulpsBetween",
      next: "round it first",
    });
  }
  const size = Math.abs(x);
  const steps = format.carrier ? doubleToBits(size) : BigInt(encode(size, format));
  return x < 0 ? -steps : steps;
}
