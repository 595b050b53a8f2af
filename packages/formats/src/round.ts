// Rounds one real number, held in a double, to a format. Scalar and slow on purpose: it reads like the definition,
// and every fast kernel is compared with it.

import { exponentOf, powerOfTwo } from "./bits.js";
import { FormatError } from "./errors.js";
import { type FloatFormat, fractionBits, maxFinite, minExponent, minSubnormal } from "./format.js";
import type { RandomSource } from "./random.js";

/** Which neighbour a value between two representable ones goes to. */
export type RoundingMode = "nearest-even" | "stochastic" | "toward-zero";

/** What becomes of a value beyond the largest finite one: that one, or infinity. */
export type Overflow = "infinity" | "saturate";

export interface RoundOptions {
  /** Default: nearest-even. */
  readonly rounding?: RoundingMode | undefined;
  /** Default: infinity. A format without infinities then gives NaN, and one without NaN saturates all the same. */
  readonly overflow?: Overflow | undefined;
  /** Needed by stochastic rounding; called once per value that is not representable. */
  readonly random?: RandomSource | undefined;
}

/**
 * Rounds x to the format.
 *
 * - A rounded zero is +0, from -0 and from negative underflow too; NaN stays NaN (in every format).
 * - "infinity" follows IEEE 754-2019, section 7.4: the result rounded as if the exponent had no upper limit is
 *   compared with the largest finite value. Toward zero, a finite x never leaves the finite values.
 * - "stochastic" goes away from zero with probability ceil(2^24 f) / 2^24, where f is the discarded fraction of the
 *   spacing: exactly f if f has at most 24 bits. Representable values never move.
 * - If x is itself the result of an operation, only nearest-even may round it again; for the other two modes, and
 *   for fused multiply-add, make x with `sumToOdd` or `fmaToOdd`.
 *
 * @throws FormatError `missing-random`
 * @example
 * round(1 + 3 * 2 ** -8, bfloat16); // 1.015625
 */
export function round(x: number, format: FloatFormat, options: RoundOptions = {}): number {
  const { rounding = "nearest-even", overflow = "infinity" } = options;
  if (rounding === "stochastic") requireRandom(options.random);
  if (Number.isNaN(x)) return NaN;
  const size = Math.abs(x);
  const sign = x < 0 ? -1 : 1;
  if (size === 0) return 0;
  if (size === Infinity) return sign * overflowValue(format, overflow);

  const unit = spacingAt(size, format);
  const multiple = roundToInteger(size / unit, rounding, options.random);
  if (multiple === 0) return 0;
  const result = multiple * unit;
  const max = maxFinite(format);
  if (result <= max) return sign * result;
  return sign * (rounding === "toward-zero" ? max : overflowValue(format, overflow));
}

/**
 * The distance between the neighbours of a finite nonzero x in the format if its exponent had no upper limit:
 * 2^(max(e, emin) - p + 1). Dividing x by it is exact (or, below 2^-1074 spacings, gives 0, which no mode
 * can tell from so small a value).
 */
export function spacingAt(x: number, format: FloatFormat): number {
  const exponent = exponentOf(x);
  return exponent < minExponent(format) ? minSubnormal(format) : powerOfTwo(exponent - fractionBits(format));
}

/** The size of what a value becomes that is too large for the format. */
export function overflowValue(format: FloatFormat, overflow: Overflow): number {
  if (overflow === "saturate" || format.nans === "none") return maxFinite(format);
  return format.infinities ? Infinity : NaN;
}

/** Stochastic rounding without randomness would be a different mode; refuse it. */
export function requireRandom(random: RandomSource | undefined): asserts random is RandomSource {
  if (random !== undefined) return;
  throw new FormatError("missing-random", {
    what: "stochastic rounding needs a source of random 24-bit integers",
    where: "round",
    next: "pass { random: seededRandom(seed) }",
  });
}

/** Rounds y >= 0, which has no more than 53 bits, to an integer. */
function roundToInteger(y: number, rounding: RoundingMode, random: RandomSource | undefined): number {
  const whole = Math.floor(y);
  const fraction = y - whole; // exact: both are multiples of the last bit of y
  if (fraction === 0) return whole;
  switch (rounding) {
    case "nearest-even":
      return fraction > 0.5 || (fraction === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
    case "toward-zero":
      return whole;
    case "stochastic":
      requireRandom(random);
      // Not floor(2^24 f): the bits below the 24th count as one more step, so every fraction above 0 can move.
      // Comparing with the 24-bit steps needs p + 24 <= 49 bits of x: a sum rounded to odd decides alike.
      return random() < fraction * 2 ** 24 ? whole + 1 : whole;
    default:
      return rounding satisfies never;
  }
}
