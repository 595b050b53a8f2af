// Prints a number with `?` for every digit that its error leaves open.

/** A digit of weight w is open where the error is more than half of w. */
export function trustedDigits(value: number, error: number, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const text = Math.abs(value).toFixed(decimals);
  const point = text.includes(".") ? text.indexOf(".") : text.length;
  const digits = [...text].map((c, i) => {
    if (c === ".") return c;
    const weight = 10 ** (i < point ? point - i - 1 : point - i);
    return error <= weight / 2 ? c : "?";
  });
  return (value < 0 ? "−" : "") + digits.join("");
}

/** Decimals that give the largest of these numbers six digits. */
export function decimalsFor(values: readonly number[]): number {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs), 1e-300);
  return Math.max(0, Math.min(8, 5 - Math.floor(Math.log10(largest))));
}

/**
 * The absolute error that a relative error of the outputs means for one vector of them: that share of its root mean
 * square, of centred values for a classifier, as the relative error is measured.
 */
export function absoluteError(relative: number, exact: readonly number[], classifier: boolean): number {
  const mean = classifier ? exact.reduce((sum, x) => sum + x, 0) / exact.length : 0;
  const square = exact.reduce((sum, x) => sum + (x - mean) ** 2, 0) / exact.length;
  return relative * Math.sqrt(square);
}
