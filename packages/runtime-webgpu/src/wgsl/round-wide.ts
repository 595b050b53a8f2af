// WGSL that rounds an exact value once, in any mode: for formats that leave too few of binary32's bits to round it to
// odd first, and for stochastic rounding, which compares 24 more bits with a draw.
import { roundingConstants, type FloatFormat, type Overflow, type RoundingMode } from "@mpplan/formats";
import { bitsOf, formatBits, hex, sharesExponents } from "./round.js";

/**
 * True where an exact value cannot go through binary32. To nearest, a value rounded to odd looks like no number and no
 * tie of 22 bits or fewer, and binary32 itself is rounded to at once; 23 bits are too many, and so are 24 that become
 * fewer below a smallest normal number of their own. Toward zero, a value cut twice is cut once, but one rounded to odd
 * may have 24 bits.
 */
export function roundsWide(format: FloatFormat, rounding: RoundingMode): boolean {
  switch (rounding) {
    case "nearest-even":
      return format.precision === 23 || (format.precision === 24 && !sharesExponents(format));
    case "toward-zero":
      return format.precision === 24;
    case "stochastic":
      return true;
    default:
      return rounding satisfies never;
  }
}

/** `fn name(v: Wide) -> u32`: v rounded to the format. Stochastic rounding takes a `next_draw()` where v is between. */
export function roundWideFunction(
  name: string,
  format: FloatFormat,
  overflow: Overflow,
  rounding: RoundingMode,
): string {
  const { fraction, minNormal, max, quantum } = formatBits(format);
  const over = hex(bitsOf(roundingConstants(format, overflow).onOverflow));
  const least = minNormal >>> 23;
  // What is subnormal in binary32 too is a multiple of the smallest number, cut.
  const subnormal = sharesExponents(format) ? `if (unit + top < 1) { r = q << ${23 - fraction}u; }` : "";
  const up = {
    "nearest-even": `
  let m = v.hi | select(0u, 1u, v.lo != 0u);
  let rest = m & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  if (drop < 32u && (rest > half || (rest == half && (q & 1u) == 1u))) { q = q + 1u; }`,
    "toward-zero": "",
    // The fraction's first 24 bits, and one more for all the others.
    stochastic: `
  let between = shift_jam(v.hi, v.lo, drop + 7u).y & 0x1ffffffu;
  if (between != 0u && 2u * next_draw() < between) { q = q + 1u; }`,
  }[rounding];
  return `fn ${name}(v: Wide) -> u32 {
  if (v.hi == 0u) {
    let m = v.lo & 0x7fffffffu;
    if (m > 0x7f800000u) { return 0x7fc00000u; }
    if (m == 0u) { return 0u; }
    return (v.lo & 0x80000000u) | ${over};
  }
  // The format's last place is 2^(unit - 127), hi's bit of the number drop.
  let unit = select(v.e - ${fraction}, ${quantum + 127}, v.e < ${least});
  let drop = u32(min(30 + unit - v.e, 90));
  var q = select(0u, v.hi >> (drop & 31u), drop < 32u);${up}
  if (q == 0u) { return 0u; }
  let top = 31 - i32(countLeadingZeros(q));
  var r = 0x7f800000u;
  if (unit + top < 255) { r = (u32(unit + top) << 23u) | (((q << u32(24 - top)) >> 1u) & 0x7fffffu); }
  ${subnormal}
  return v.sign | select(r, ${rounding === "toward-zero" ? hex(max) : over}, r > ${hex(max)});
}`;
}
