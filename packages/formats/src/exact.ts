// Error-free transformations in binary64, and sums rounded to odd: what a sum must be rounded from, where rounding
// the nearest double again would round twice. Allocation-free, because it runs once per term.

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
double[0] = 1; // its upper word is the nonzero one, which tells the byte order
const upper = words[1] === 0 ? 0 : 1;
const lower = 1 - upper;

/**
 * The error of s = a + b (which the caller has computed): a + b = s + twoSumError(a, b, s), exactly, whichever is
 * larger. Knuth, TAOCP vol. 2, 4.2.2, theorem B. Exact with subnormals too; not if s is infinite, or if an operand
 * is so near the largest double that s - a overflows (Boldo, Graillat, Muller, "On the robustness of the 2Sum and
 * Fast2Sum algorithms", ACM TOMS 44(1), 2017).
 *
 * @example
 * twoSumError(1, 2 ** -60, 1 + 2 ** -60); // 2 ** -60
 */
export function twoSumError(a: number, b: number, s: number): number {
  const fromB = s - a;
  return a - (s - fromB) + (b - fromB);
}

/**
 * a + b rounded to odd in binary64: the sum if it is exact, otherwise the one of the two doubles around it whose
 * last bit is 1. No inexact sum then looks like a value or a tie of a narrower format: rounding it, in any mode, to
 * p <= 51 bits rounds the exact sum (Boldo, Melquiond, "Emulation of FMA and correctly rounded sums: proved
 * algorithms using rounding to odd", IEEE Trans. Computers 57(4), 2008). Infinities and NaN are those of a + b;
 * an overflowing sum is infinite; an exact zero has the sign of a + b. Beyond 2^1022 see twoSumError.
 *
 * @example
 * round(sumToOdd(1 + 2 ** -8, 2 ** -80), bfloat16); // 1.0078125: no tie, although 1 + 2 ** -8 + 2 ** -80 seems one
 */
export function sumToOdd(a: number, b: number): number {
  const s = a + b;
  const error = twoSumError(a, b, s);
  // An infinite or NaN sum has a NaN error, and stays as it is.
  if (error === 0 || error !== error) return s;
  double[0] = s;
  const low = words[lower] as number;
  if ((low & 1) === 1) return s;
  // s is even and not zero (a sum that rounds to zero is exact), so its neighbours are odd. Away from zero, setting
  // the last bit cannot carry; toward zero, the last bit borrows.
  if (error > 0 === s > 0) {
    words[lower] = low | 1;
  } else {
    words[lower] = low - 1;
    if (low === 0) words[upper] = (words[upper] as number) - 1;
  }
  return double[0];
}

/**
 * a b + c rounded to odd in binary64, for an a b that is exact there: factors of at most 26 bits each, hence any two
 * values of any format but binary64, whose product is no smaller than 2^-1022 or still a multiple of 2^-1074
 * (binary32 and narrower: always). For rounding as with {@link sumToOdd}.
 *
 * @example
 * round(fmaToOdd(3, 0.1875, 100), ieeeE4m3); // 104
 */
export function fmaToOdd(a: number, b: number, c: number): number {
  return sumToOdd(a * b, c);
}

/**
 * The IEEE 754 fusedMultiplyAdd of three binary32 values: one rounding. Unlike `round` it keeps the sign of a zero,
 * as IEEE 754-2019, section 6.3 says.
 *
 * @example
 * fusedMultiplyAdd32(1 + 2 ** -12, 1 + 2 ** -12, -1); // 2 ** -11 + 2 ** -24, where two roundings give 2 ** -11
 */
export function fusedMultiplyAdd32(a: number, b: number, c: number): number {
  return Math.fround(fmaToOdd(a, b, c));
}
