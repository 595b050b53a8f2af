// exp and log of binary64 by + - * / and bit operations alone, so that every engine and every backend finds the same
// bits: ECMAScript leaves Math.exp and Math.log to the implementation. Port of fdlibm's e_exp.c and e_log.c (Sun
// Microsystems, 1993; permission to use, copy, modify, and distribute is granted, provided that this notice is kept).
import { powerOfTwo } from "./bits.js";

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
double[0] = 1; // its upper word is the nonzero one, which tells the byte order
const upper = words[1] === 0 ? 0 : 1;

/** The numbers of the algorithms, for whoever writes them in another language. */
export const elementaryConstants = {
  /** ln 2 in two parts: k ln2High is exact for |k| < 2^11. */
  ln2High: 6.9314718036912381649e-1,
  ln2Low: 1.90821492927058770002e-10,
  inverseLn2: 1.442695040888963387,
  /** Beyond these, exp is Infinity, or 0. */
  expMost: 7.09782712893383973096e2,
  expLeast: -7.4513321910194110842e2,
  e: 2.718281828459045,
  /** x (exp(x) + 1) / (exp(x) - 1) is 2 + t (P1 + t (P2 + ...)) with t = x^2. */
  expTerms: [
    1.66666666666666019037e-1, -2.77777777770155933842e-3, 6.61375632143793436117e-5,
    -1.6533902205465251539e-6, 4.13813679705723846039e-8,
  ],
  /** ln((1 + s) / (1 - s)) is 2 s + s z (L1 + z (L2 + ...)) with z = s^2. */
  logTerms: [
    6.66666666666673513e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
    1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1,
  ],
} as const;

const { ln2High, ln2Low, inverseLn2, expMost, expLeast, e, expTerms, logTerms } = elementaryConstants;
const [p1, p2, p3, p4, p5] = expTerms;
const [l1, l2, l3, l4, l5, l6, l7] = logTerms;

/** 2^k for k from -1022 to 1023, at 1022 + k. */
const scales = Float64Array.from({ length: 2046 }, (_, i) => powerOfTwo(i - 1022));

/** Where |x| is said to be above a bound, the bound's lower word is 0: fdlibm compares upper words. */
const halfLn2 = 0.34657382965087890625; // 0x3fd62e43 00000000
const threeHalvesLn2 = 1.0397205352783203125; // 0x3ff0a2b2 00000000
const tiny = powerOfTwo(-28);

/**
 * e^x with an error below 1 ulp.
 *
 * @example
 * exp(1); // 2.718281828459045
 */
export function exp(x: number): number {
  if (!(x <= expMost)) return Number.isNaN(x) ? NaN : Infinity;
  if (x < expLeast) return 0;
  const size = Math.abs(x);
  if (size < tiny) return 1 + x;
  // x = k ln 2 + r, r = high - low within ln 2 / 2.
  let k = 0;
  let high = x;
  let low = 0;
  if (size >= halfLn2) {
    if (size >= threeHalvesLn2) k = Math.trunc(inverseLn2 * x + (x < 0 ? -0.5 : 0.5));
    // The last bit would be wrong.
    else if (x === 1) return e;
    else k = x < 0 ? -1 : 1;
    high = x - k * ln2High;
    low = k * ln2Low;
  }
  const r = high - low;
  const t = r * r;
  const c = r - t * (p1 + t * (p2 + t * (p3 + t * (p4 + t * p5))));
  if (k === 0) return 1 - ((r * c) / (c - 2) - r);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  if (k === 1024) return y * 2 * scales[1022 + 1023]!;
  return k >= -1021 ? y * scales[1022 + k]! : y * scales[1022 + k + 1000]! * scales[22]!;
}

/**
 * The natural logarithm with an error below 1 ulp; -Infinity of 0, NaN below.
 *
 * @example
 * log(8) / log(2); // 3
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  double[0] = x;
  let k = -1023;
  if (words[upper]! < 0x00100000) {
    double[0] = x * 18014398509481984; // 2^54
    k -= 54;
  }
  const word = words[upper]!;
  const digits = word & 0xfffff;
  // x = 2^k (1 + f) with 1 + f between sqrt(2) / 2 and sqrt(2).
  const above = (digits + 0x95f64) & 0x100000;
  k += (word >> 20) + (above >> 20);
  words[upper] = digits | (above ^ 0x3ff00000);
  const f = double[0] - 1;
  if ((0xfffff & (2 + digits)) < 3) {
    // |f| < 2^-20
    if (f === 0) return k === 0 ? 0 : k * ln2High + k * ln2Low;
    const rest = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - rest : k * ln2High - (rest - k * ln2Low - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const series = z * (l1 + w * (l3 + w * (l5 + w * l7))) + w * (l2 + w * (l4 + w * l6));
  if (((digits - 0x6147a) | (0x6b851 - digits)) > 0) {
    const half = 0.5 * f * f;
    if (k === 0) return f - (half - s * (half + series));
    return k * ln2High - (half - (s * (half + series) + k * ln2Low) - f);
  }
  if (k === 0) return f - s * (f - series);
  return k * ln2High - (s * (f - series) - k * ln2Low - f);
}
