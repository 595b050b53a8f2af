// Numbers as the page prints them, in the manner of the library's reports.

export function errorText(value: number | null): string {
  if (value === null) return "not finite";
  if (value === 0) return "0";
  return value >= 0.001 && value < 1000 ? value.toPrecision(3) : value.toExponential(2);
}

export const costText = (value: number): string => value.toFixed(3);

export const shareText = (value: number): string => `${(100 * value).toFixed(1)} %`;

export function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** log2 of a number as a power of two; 0 for -Infinity. */
export function powerText(log2: number): string {
  if (Number.isNaN(log2)) return "unknown";
  if (log2 === -Infinity) return "0";
  return log2 === Infinity ? "∞" : `2^${log2.toFixed(1)}`;
}
