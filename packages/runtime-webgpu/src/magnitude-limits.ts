// The test kappa-full as a table: per low value, how large |W||h| + |b| may be for the value to be kept.
import { activationNamed, type RecomputeTest } from "@mpplan/ir";
import { prepareTest } from "@mpplan/runtime";
import { bitsOf } from "./wgsl/round.js";

type KappaFull = Extract<RecomputeTest, { rule: "kappa-full" }>;

const infinite = bitsOf(Infinity);

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

function floatOf(bits: number): number {
  word[0] = bits;
  return float[0]!;
}

/**
 * Per low value, how many magnitudes keep it, counted upward from zero by their binary32 bits; infinity is the last of
 * them, and NaN keeps none.
 *
 * They are the first ones: kappa is no less than zero, and a product and a quotient, each rounded, never fall while the
 * magnitude grows. 0/0 and 0 x infinity are NaN, which recomputes: at magnitude 0 only where every other magnitude gives
 * infinity, above a finite tau; and at magnitude infinity, the last one.
 */
export function magnitudeLimits(test: KappaFull, lows: Float64Array): Uint32Array {
  const { recompute } = prepareTest(test, 0);
  const { kappa } = activationNamed(test.activation)!;
  return Uint32Array.from(lows, (low) => {
    const keeps = (bits: number): boolean => !recompute(low, floatOf(bits), 0, 0);
    return countKept(keeps, (test.tau * Math.abs(low)) / kappa(low));
  });
}

/** How many of the bit patterns from 0 to infinity's keep, where the first ones do; about as many as up to `guess`. */
function countKept(keeps: (bits: number) => boolean, guess: number): number {
  if (!keeps(0)) return 0;
  if (keeps(infinite - 1)) return keeps(infinite) ? infinite + 1 : infinite;
  // The last that keeps, and the first that does not, lie at `from` and `to`, or between.
  let [from, to] = [0, infinite - 1];
  const near = bitsOf(guess);
  if (near > 2 && near + 2 < to && keeps(near - 2) && !keeps(near + 2)) [from, to] = [near - 2, near + 2];
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if (keeps(middle)) from = middle;
    else to = middle;
  }
  return to;
}
