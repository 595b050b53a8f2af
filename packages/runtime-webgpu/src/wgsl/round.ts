// WGSL that rounds binary32 bits to a format, to nearest even or toward zero, by integers alone: no expression that a
// compiler may fold, reassociate or flush.
import {
  maxFinite,
  minNormal,
  minSubnormal,
  roundingConstants,
  type FloatFormat,
  type Overflow,
} from "@mpplan/formats";

/** Constants of a format as binary32 bits. */
export interface FormatBits {
  /** Fraction bits. */
  readonly fraction: number;
  readonly minNormal: number;
  readonly max: number;
  /** log2 of the smallest value. */
  readonly quantum: number;
}

export function bitsOf(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0]!;
}

/** Why binary32 bits cannot carry the format here; null where they can. */
export function formatProblem(format: FloatFormat): string | null {
  if (format.carrier) return "binary64 does not exist on a GPU";
  if (format.precision > 24) return `${format.name} has more than the 24 significant bits of binary32`;
  if (maxFinite(format) > maxBinary32) return `${format.name} goes beyond the largest binary32 number`;
  if (!sharesExponents(format) && Math.log2(minSubnormal(format)) < -125) {
    return `${format.name} reaches below binary32's normal numbers`;
  }
  return null;
}

const maxBinary32 = 3.4028234663852886e38;

/** True for formats with the exponents of binary32, whose subnormal numbers are binary32's, cut. */
export function sharesExponents(format: FloatFormat): boolean {
  return format.subnormals && minNormal(format) === 2 ** -126;
}

/**
 * True where binary32 numbers near and below the smallest normal one make no difference to rounded sums, so that a
 * device may flush them: a sum in the format is zero or far above, and what is added is far below half its spacing.
 */
export function isFarFromSubnormal(format: FloatFormat): boolean {
  return minSubnormal(format) >= 2 ** -98;
}

export function formatBits(format: FloatFormat): FormatBits {
  return {
    fraction: format.precision - 1,
    minNormal: bitsOf(minNormal(format)),
    max: bitsOf(maxFinite(format)),
    quantum: Math.log2(minSubnormal(format)),
  };
}

export const hex = (word: number): string => `0x${(word >>> 0).toString(16)}u`;

/** `fn name(u: u32) -> u32`: the bits of u rounded to the format. A rounded zero is +0, and there is one NaN. */
export function roundFunction(
  name: string,
  format: FloatFormat,
  overflow: Overflow,
  rounding: "nearest-even" | "toward-zero" = "nearest-even",
): string {
  const cut = rounding === "toward-zero";
  const { fraction, minNormal: normal, max, quantum } = formatBits(format);
  const over = bitsOf(roundingConstants(format, overflow).onOverflow);
  const drop = 23 - fraction;
  const mask = (0xffffffff << drop) >>> 0;
  const up = cut || drop === 0 ? "" : ` + ${hex((1 << (drop - 1)) - 1)} + ((m >> ${drop}u) & 1u)`;
  const rounded = drop === 0 ? "m" : `(m${up}) & ${hex(mask)}`;
  const signed = (word: string): string => `(u & 0x80000000u) | ${word}`;
  // Cut, a finite number stays finite.
  const beyond = cut
    ? `select(min(r, ${hex(max)}), ${hex(over)}, m == 0x7f800000u)`
    : `select(r, ${hex(over)}, r > ${hex(max)})`;
  const head = [
    `fn ${name}(u: u32) -> u32 {`,
    `  let m = u & 0x7fffffffu;`,
    `  if (m > 0x7f800000u) { return 0x7fc00000u; }`,
  ];
  if (sharesExponents(format)) {
    return [
      ...head,
      `  let r = ${rounded};`,
      `  if (r == 0u) { return 0u; }`,
      `  return ${signed(beyond)};`,
      `}`,
    ].join("\n");
  }
  // Below the smallest normal value: multiples q of 2^quantum.
  return [
    ...head,
    `  if (m >= ${hex(normal)}) {`,
    `    let r = ${rounded};`,
    `    return ${signed(beyond)};`,
    `  }`,
    `  let drop = ${quantum + 150}u - (m >> 23u);`,
    `  if (drop > 24u) { return 0u; }`,
    `  let x = (m & 0x7fffffu) | 0x800000u;`,
    cut ? `  let q = x >> drop;` : `  let q = (x + (1u << (drop - 1u)) - 1u + ((x >> drop) & 1u)) >> drop;`,
    `  if (q == 0u) { return 0u; }`,
    `  let top = 31u - countLeadingZeros(q);`,
    `  return ${signed(`((top + ${quantum + 127}u) << 23u) | ((q << (23u - top)) & 0x7fffffu)`)};`,
    `}`,
  ].join("\n");
}
