// Numbers as the report prints them: enough digits to compare, never more than were measured.

/** `0.0120`, `1.23e-5`: three significant digits. */
export function formatError(value: number | null): string {
  if (value === null) return "";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "∞";
  if (value === 0) return "0";
  return value >= 0.001 && value < 1000 ? value.toPrecision(3) : value.toExponential(2);
}

export function formatCost(value: number | null): string {
  return value === null ? "" : value.toFixed(3);
}

export function formatShare(value: number | null): string {
  return value === null ? "" : `${(100 * value).toFixed(1)} %`;
}

export function formatAccuracy(value: number | null): string {
  return value === null ? "" : `${(100 * value).toFixed(2)} %`;
}

/** `10⁻³` for a power of ten, else with its factor: `2·10⁻³`. */
export function formatPower(value: number): string {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const factor = Math.round(value / 10 ** exponent);
  const power = `10${String(exponent).replace(/./g, (c) => superscripts[c]!)}`;
  return factor === 1 ? power : `${factor}·${power}`;
}

const superscripts: Readonly<Record<string, string>> = Object.fromEntries(
  [..."-0123456789"].map((c, i) => [c, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[i]!]),
);
