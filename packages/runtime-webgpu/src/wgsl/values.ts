// Shaders of decided value sums: each invocation adds up what one component covers, as an accumulator does, and divides
// the sum by a count or takes its root.
import { axisNames, walk } from "../plain/define.js";
import type { Shader } from "../shader.js";
import { withBinary64 } from "./binary64.js";
import { beginDraws } from "./draws.js";
import { withArithmetic } from "./float.js";
import type { SumWriter } from "./products.js";

/** What of an element is added. A square is rounded to binary32, as every term is. */
export type ValueTerm = "itself" | "magnitude" | "square";

const terms: Readonly<Record<ValueTerm, string>> = {
  itself: "element(k)",
  magnitude: "element(k) & 0x7fffffffu",
  square: "multiply(element(k), element(k))",
};

/**
 * `divide(a, n)`: the bits of a / n rounded to nearest even once, by long division; n is a count below 2^24. It is what
 * a quotient in binary64, stored in binary32, comes to: 53 bits are more than twice 24 and two.
 */
const divide = `
fn divide(a: u32, n: u32) -> u32 {
  let m = a & 0x7fffffffu;
  let s = a & 0x80000000u;
  if (n == 1u || m == 0u || m >= 0x7f800000u) { return a; }
  var r = m & 0x7fffffu;
  var e = i32(m >> 23u);
  if (e == 0) { let by = countLeadingZeros(r) - 8u; r = r << by; e = 1 - i32(by); } else { r = r | 0x800000u; }
  let up = countLeadingZeros(n) - 8u;
  let d = n << up;
  e = e + i32(up) - 23;
  if (r < d) { r = r << 1u; e = e - 1; }
  var q = 0u;
  for (var i = 0u; i < 26u; i++) {
    q = q << 1u;
    if (r >= d) { r = r - d; q = q | 1u; }
    r = r << 1u;
  }
  q = (q << 1u) | select(0u, 1u, r != 0u);
  // The leading one is in bit 26; e is the biased exponent.
  var drop = 3u;
  if (e < 1) { drop = u32(min(4 - e, 32)); }
  if (drop > 27u) { return s; }
  var z = q >> drop;
  let rest = q & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  if (rest > half || (rest == half && (z & 1u) == 1u)) { z = z + 1u; }
  if (e >= 1) { z = (u32(e - 1) << 23u) + z; }
  return s | z;
}`;

/** A root in binary64, stored in binary32. */
const rootOf = "fn root_of(a: u32) -> u32 { return to_single(root64(from_single(a))); }";

export const valueParams = [
  "zero",
  "seed",
  "places",
  "divisors_at",
  ...axisNames("d"),
  ...axisNames("a"),
] as const;

/**
 * Component `id` starts where `id / places` walks to, and covers the taps of place `id % places`. The tables hold where
 * each place's taps begin and the last ones end, and the divisors.
 */
export function valueShader(label: string, sums: SumWriter, term: ValueTerm, rooted: boolean): Shader {
  const functions = [
    "var<private> first: u32;",
    "var<private> tap_at: u32;",
    "fn element(k: u32) -> u32 { return x[first + tables[tap_at + k]]; }",
    // A term is the product of one and a value.
    sums({ w: "0x3f800000u", h: terms[term] }, { alpha: false, beta: false }),
    rooted ? rootOf : divide,
  ];
  const sum = "sum_terms(tables[place + 1u] - tap_at)";
  const result = rooted ? `root_of(${sum})` : `divide(${sum}, tables[p.divisors_at + place])`;
  const code = withBinary64(withArithmetic(functions.join("\n")));
  return {
    label,
    buffers: { x: "read u32", tables: "read u32", y: "write u32" },
    params: valueParams,
    functions: code,
    body: `${walk({ begin: "a" }, "id / p.places")}
  let place = id % p.places;
  first = begin;
${beginDraws(code, "id")}  tap_at = tables[place];
  y[id] = ${result};`,
    ...(/\bf16\(/.test(code) && { halves: true }),
  };
}
