// WGSL of sums that are right for ordinary operands only: steps of a few operations without a branch, and a look at the
// operands that tells whether they were ordinary. Where they were, the bits are those of sum.ts; where not, sum.ts it is.
import { formatNamed, roundingConstants, type FloatFormat, type Overflow } from "@mpplan/formats";
import { resultFormat, type Accumulator, type ProductRule } from "@mpplan/ir";
import { hasLoop, type LoopOrder } from "./loops.js";
import { bitsOf, formatBits, isFarFromSubnormal, sharesExponents } from "./round.js";
import { addsThroughBinary32 } from "./steps.js";
import type { Factors } from "./sum.js";

/** What operands must be, besides smaller than 2^24, for the device's + and * to give the bits of a sum. */
export interface Needs {
  /** No product of two that are not zero is below 2^-102, so that nothing on the way is near a subnormal number. */
  readonly normal: boolean;
  /** A product of two has 24 significant bits at most, and is exact. */
  readonly narrow: boolean;
}

/** What several sums side by side are made of. */
export interface TileSteps {
  /** `tile_take(s, w, h)`, `tile_add_outer(a, b)`, and `tile_sum(s)`, which gives a sum its final bits. */
  readonly functions: string;
  readonly order: LoopOrder;
  /** Null where any operands will do. */
  readonly needs: Needs | null;
}

/** How the sums of a tile are written: their steps, and `finish(sum, bias)`. */
export type TileWriter = (factors: Factors) => TileSteps & { readonly finish: string };

/** Null where an accumulator has no quick steps. */
export function quickSteps(a: Accumulator): TileSteps | null {
  const inner = formatNamed(a.format);
  const outer = formatNamed(resultFormat(a));
  const { order } = a;
  if (!hasLoop(order) || a.rounding !== "nearest-even" || ![inner, outer].every(isRoundedQuickly))
    return null;
  const own = inner.name === outer.name;
  if (!addsThroughBinary32(a, inner, true) || !addsThroughBinary32(a, outer, own)) return null;
  // A fused product of a format below binary32 is rounded once, which no sum in binary32 shows.
  if (a.product === "fma" && inner.precision < 24) return null;
  const twice = a.product === "rounded" && inner.precision < 24;
  return {
    order,
    needs: {
      normal: ![inner, outer].every(isFarFromSubnormal),
      narrow: needsExactProducts(a.product, inner),
    },
    functions: [
      quickRound("quick_inner", inner, a.overflow),
      quickRound("quick_outer", outer, a.overflow),
      "fn quick_add(a: u32, b: u32) -> u32 { return bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)) ^ p.zero; }",
      `fn tile_take(s: u32, w: u32, h: u32) -> u32 {
  let product = bitcast<u32>(bitcast<f32>(w) * bitcast<f32>(h)) ^ p.zero;
  return quick_inner(quick_add(s, ${twice ? "quick_inner(product)" : "product"}));
}`,
      // Two infinities of different signs are no number, which a rounding that cuts would not see.
      `fn tile_add_outer(a: u32, b: u32) -> u32 {
  let sum = quick_add(a, b);
  return select(quick_outer(sum), 0x7fc00000u, (sum & 0x7fffffffu) > 0x7f800000u);
}`,
      `fn tile_sum(s: u32) -> u32 {
  let m = s & 0x7fffffffu;
  return select(select(s, 0x7fc00000u, m > 0x7f800000u), 0u, m == 0u);
}`,
    ].join("\n"),
  };
}

const needsExactProducts = (product: ProductRule, { precision }: FloatFormat): boolean =>
  product === "fma-f32" || product === "fma" || (product === "rounded" && precision < 24);

/** Binary32's exponents, or fewer bits with subnormal numbers: not 24 bits in a smaller range. */
const isRoundedQuickly = (format: FloatFormat): boolean =>
  sharesExponents(format) || (format.precision < 24 && format.subnormals);

/** `roundFunction` for finite numbers of ordinary sums, except that a zero keeps its sign. */
function quickRound(name: string, format: FloatFormat, overflow: Overflow): string {
  const { fraction, max, quantum } = formatBits(format);
  const drop = 23 - fraction;
  const head = `fn ${name}(u: u32) -> u32 {`;
  if (sharesExponents(format)) {
    // Operands below 2^24 do not add up to 2^127.
    if (drop === 0) return `${head} return u; }`;
    const half = (1 << (drop - 1)) - 1;
    return `${head} return (u + ${half}u + ((u >> ${drop}u) & 1u)) & ${(0xffffffff << drop) >>> 0}u; }`;
  }
  const over = bitsOf(roundingConstants(format, overflow).onOverflow);
  const beyond = over === max ? `min(r, ${max}u)` : `select(r, ${over}u, r > ${max}u)`;
  // The value is x 2^(e - 150); what is dropped is below the last place of the format, or below its smallest number.
  const low = quantum + 150;
  return `${head}
  let e = (u >> 23u) & 0xffu;
  let drop = ${low}u - clamp(e, ${low - 25}u, ${low - drop}u);
  let x = (u & 0x7fffffu) | 0x800000u;
  let q = (x + (1u << (drop - 1u)) - 1u + ((x >> drop) & 1u)) >> drop;
  let r = bitcast<u32>(f32(q) * bitcast<f32>((e + drop - 23u) << 23u));
  return (u & 0x80000000u) | ${beyond};
}`;
}

/** Statements that follow the operands of a tile, `w` and `h`, and the condition under which its sums stand. */
export function watching(needs: Needs): {
  readonly declared: string;
  watch(operand: "w" | "h", value: string): string;
  readonly fits: string;
} {
  const { normal, narrow } = needs;
  const both = (line: (operand: "w" | "h") => string): string => `${line("w")} ${line("h")}`;
  return {
    declared: [
      "var high = 0u;",
      ...(normal ? [both((o) => `var low_${o} = 0xffffffffu;`)] : []),
      ...(narrow ? [both((o) => `var bits_${o} = 0x800000u;`)] : []),
    ].join(" "),
    watch: (operand, value) =>
      [
        `high = max(high, ${value} & 0x7fffffffu);`,
        // A zero wraps around to the largest number.
        ...(normal ? [`low_${operand} = min(low_${operand}, (${value} & 0x7fffffffu) - 1u);`] : []),
        ...(narrow ? [`bits_${operand} = bits_${operand} | ${value};`] : []),
      ].join(" "),
    fits: [
      "high < 0x4b800000u",
      ...(normal ? [`(low_w >> 23u) + (low_h >> 23u) >= ${2 * 127 - 102}u`] : []),
      ...(narrow ? ["countTrailingZeros(bits_w) + countTrailingZeros(bits_h) >= 24u"] : []),
    ].join(" && "),
  };
}
