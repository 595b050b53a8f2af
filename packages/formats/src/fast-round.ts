// The fast twin of `round` for nearest-even: a few additions, no bits. `round` says what is right.
//
// Why it is exact, for precision p <= 25, k = 53 - p and every double x:
//
// Normal results, minNormal <= |x| <= limit. Take x > 0 in [2^e, 2^(e+1)), Q = 2^(e-p+1) its spacing in the format.
// g = 2^k x is exact, and g = M Q with M = x / 2^(e-52), an integer. g - x = (M - x/Q) Q lies below 2^(e+k+1).
//  - At or above 2^(e+k), it is rounded to a multiple of 2^(e+k-52) = Q, so g - (g - x) is Q times x/Q rounded to
//    an integer. In a tie, x/Q = n + 1/2 and M = 2^k x/Q = 2^k n + 2^(k-1) is even because k >= 2; the even neighbour
//    of M - x/Q is taken, and M minus it is even again: ties go to even.
//  - Below, x < 2^e (1 + 1/(2^k - 1)), and g - x is rounded to a multiple of Q/2. As p + 2 <= k (p <= 25),
//    1/(2^k - 1) < 2^-(p+1): x is less than Q/4 above 2^e. Either spacing gives 2^e.
// The last subtraction is exact: its result is a multiple of Q no larger than 2^p Q.
//
// Subnormal results, |x| < minNormal: tiny = 1.5 2^52 q with q the smallest value of the format. x + tiny stays where
// doubles are q apart, so it is rounded to a multiple of q, ties to even because 1.5 2^52 is even. x + tiny - tiny is
// exact, and a zero is +0. This holds without subnormals too, where q = minNormal.
//
// Overflow is decided on x, not on the result: `limit` is the largest double that rounds to the largest finite value.
// So 2^k x cannot overflow, and a huge, infinite or NaN x never reaches the formula.

import { doubleBelow, powerOfTwo } from "./bits.js";
import { type FloatFormat, maxFinite, minNormal, minSubnormal } from "./format.js";
import { type Overflow, overflowValue, requireRandom, round, type RoundOptions, spacingAt } from "./round.js";

/** What nearest-even rounding to one format needs. Made by {@link roundingConstants} only, so all have one shape. */
export interface RoundingConstants {
  /** 2^(53 - p) */
  readonly scale: number;
  readonly minNormal: number;
  /** 1.5 2^52 times the smallest value of the format; 0 for binary64, whose subnormals are already right. */
  readonly tiny: number;
  /** The largest finite value, for kernels that clamp. */
  readonly max: number;
  /** The largest double that rounds to max. */
  readonly limit: number;
  /** What becomes of a positive x beyond limit: max, Infinity or NaN. */
  readonly onOverflow: number;
}

/**
 * The constants of one format and overflow rule.
 *
 * @example
 * roundingConstants(binary16, "infinity").limit; // 65519.99999999999
 */
export function roundingConstants(format: FloatFormat, overflow: Overflow): RoundingConstants {
  return constants(
    powerOfTwo(53 - format.precision),
    minNormal(format),
    format.carrier ? 0 : 1.5 * powerOfTwo(52) * minSubnormal(format),
    maxFinite(format),
    limitOf(format),
    overflowValue(format, overflow),
  );
}

/**
 * `round(x, format, { overflow })` with the constants of that format and overflow rule, bit for bit.
 *
 * @example
 * const c = roundingConstants(bfloat16, "infinity");
 * roundNearestEven(1 + 3 * 2 ** -8, c); // 1.015625
 */
export function roundNearestEven(x: number, c: RoundingConstants): number {
  const size = Math.abs(x);
  if (size < c.minNormal) return x + c.tiny - c.tiny;
  if (size <= c.limit) {
    const g = x * c.scale;
    return g - (g - x);
  }
  if (size !== size) return NaN;
  return x > 0 ? c.onOverflow : -c.onOverflow;
}

/**
 * A function that rounds as `round(x, format, options)` does: by the fast twin for nearest-even.
 *
 * @throws FormatError `missing-random`
 * @example
 * const toHalf = compileRound(binary16, { overflow: "saturate" });
 * toHalf(1e9); // 65504
 */
export function compileRound(format: FloatFormat, options: RoundOptions = {}): (x: number) => number {
  const { rounding = "nearest-even", overflow = "infinity" } = options;
  if (rounding === "nearest-even") {
    const c = roundingConstants(format, overflow);
    return (x) => roundNearestEven(x, c);
  }
  if (rounding === "stochastic") requireRandom(options.random);
  return (x) => round(x, format, options);
}

function limitOf(format: FloatFormat): number {
  const max = maxFinite(format);
  if (format.carrier) return max;
  const unit = spacingAt(max, format);
  const tie = max + unit / 2;
  const tieGoesToMax = (max / unit) % 2 === 0;
  return tieGoesToMax ? tie : doubleBelow(tie);
}

function constants(
  scale: number,
  minNormal: number,
  tiny: number,
  max: number,
  limit: number,
  onOverflow: number,
): RoundingConstants {
  return { scale, minNormal, tiny, max, limit, onOverflow };
}

// V8 keeps small integers and doubles in differently shaped objects until it has seen both. Seen here first, so that
// code compiled for one format need not be thrown away when a format with integer constants (binary64) arrives.
constants(0.5, 0.5, 0.5, 0.5, 0.5, 0.5);
