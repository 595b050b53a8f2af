// Functions that JavaScript's Math lacks, in binary64.

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/**
 * The error function, by erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, all terms of one sign:
 * Abramowitz and Stegun, 7.1.6. Beyond 2 it is 1 - erfc(x).
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (size > 2) return Math.sign(x) * (1 - erfc(size));
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return twoOverRootPi * Math.exp(-x * x) * sum;
}

/** 1 - erf(x) without cancellation, by the continued fraction 7.1.14 of the same book where x is above 2. */
export function erfc(x: number): number {
  if (x <= 2) return 1 - erf(x);
  let fraction = 0;
  for (let n = 100; n >= 1; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** ln(1 + exp(x)), which never overflows. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1 / (1 + exp(-x)): exp of a negative number only, which cannot overflow. */
export function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** To the nearest integer, ties to even. */
export function roundTiesToEven(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}
