// WGSL of a sum in aligned order, a model of matrix units: a group's exact products are cut toward zero below `bits`
// bits of the largest among them, and what is left is added up in integers of 64 bits.
import { printOrder, type SumOrder } from "@mpplan/ir";

type Aligned = Extract<SumOrder, { kind: "aligned" }>;

/** The reference adds a group up in binary64, exactly as long as its sum has no more bits than that. */
const mostBits = 53;

/** Why groups of that size are left to another backend; null for those that are not, and for other orders. */
export function alignedProblem(order: SumOrder): string | null {
  if (order.kind !== "aligned") return null;
  const bits = order.bits + Math.ceil(Math.log2(order.group));
  return bits > mostBits
    ? `${printOrder(order)} sums may take ${bits} bits, and binary64 has ${mostBits}`
    : null;
}

/**
 * `sum_terms(n)`, by `add_wide(s, v)` and `round_inner`. Two passes over each group: the largest exponent, then the sum,
 * in two's complement. A group with an infinite product or NaN adds up to what binary64 makes of it.
 */
export function alignedSum({ group, bits }: Aligned, { w, h }: Readonly<Record<"w" | "h", string>>): string {
  const none = -100000;
  return `fn both_strange(a: u32, b: u32) -> u32 { return select(0x7fc00000u, b, a == 0u || a == b); }
fn sum_terms(n: u32) -> u32 {
  var s = 0u;
  for (var from_term = 0u; from_term < n; from_term += ${group}u) {
    let end = min(n, from_term + ${group}u);
    var largest = ${none};
    var strange = 0u;
    for (var k = from_term; k < end; k++) {
      let v = wide_product(${w}, ${h});
      if (v.hi != 0u) { largest = max(largest, v.e); }
      else if (v.lo != 0u) { strange = both_strange(strange, v.lo); }
    }
    if (strange != 0u) {
      if ((s & 0x7f800000u) == 0x7f800000u) { strange = both_strange(strange, s); }
      s = round_inner(strange);
      continue;
    }
    if (largest == ${none}) { continue; }
    var hi = 0u; var lo = 0u;
    for (var k = from_term; k < end; k++) {
      let v = wide_product(${w}, ${h});
      let by = ${63 - bits}u + u32(min(largest - v.e, 64));
      if (v.hi == 0u || by > 62u) { continue; }
      var low = v.hi >> (by & 31u); var high = 0u;
      if (by < 32u) { high = low; low = (v.hi << (32u - by)) | (v.lo >> by); }
      if (v.sign != 0u) {
        let borrow = select(0u, 1u, lo < low);
        lo = lo - low; hi = hi - high - borrow;
      } else {
        lo = lo + low; hi = hi + high + select(0u, 1u, lo < low);
      }
    }
    if ((hi | lo) == 0u) { continue; }
    let sign = hi & 0x80000000u;
    if (sign != 0u) { lo = ~lo + 1u; hi = ~hi + select(0u, 1u, lo == 0u); }
    s = add_wide(s, wide_normal(hi, lo, largest + ${63 - bits}, sign));
  }
  return s;
}`;
}
