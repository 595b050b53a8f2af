// WGSL for binary64 numbers as pairs of words (upper, lower), in integers alone: every operation rounds to nearest even
// once, subnormal numbers, infinities and NaN included. After Berkeley SoftFloat 3 (John R. Hauser).
//
// A finite number is taken apart into an exponent and 64 bits whose leading one is in bit 62; what an alignment shifts
// out is kept as a one in the last bit.
import { elementary } from "./elementary.js";

const parts = `
struct Parts { e: i32, m: vec2u }
fn left64(m: vec2u, by: u32) -> vec2u {
  if (by == 0u) { return m; }
  if (by >= 32u) { return vec2u(m.y << (by - 32u), 0u); }
  return vec2u((m.x << by) | (m.y >> (32u - by)), m.y << by);
}
fn right_jam64(m: vec2u, by: u32) -> vec2u {
  if (by == 0u) { return m; }
  if (by < 32u) {
    return vec2u(m.x >> by, (m.x << (32u - by)) | (m.y >> by) | select(0u, 1u, (m.y << (32u - by)) != 0u));
  }
  if (by >= 64u) { return vec2u(0u, select(0u, 1u, (m.x | m.y) != 0u)); }
  let rest = by - 32u;
  var lost = m.y;
  if (rest > 0u) { lost = lost | (m.x << (32u - rest)); }
  return vec2u(0u, (m.x >> rest) | select(0u, 1u, lost != 0u));
}
fn normal64(e: i32, m: vec2u) -> Parts {
  var by = countLeadingZeros(m.x);
  if (m.x == 0u) { by = 32u + countLeadingZeros(m.y); }
  return Parts(e - i32(by) + 1, left64(m, by - 1u));
}
fn parts64(a: vec2u) -> Parts {
  let e = i32((a.x >> 20u) & 0x7ffu);
  let m = vec2u(((a.x & 0xfffffu) << 10u) | (a.y >> 22u), a.y << 10u);
  if (e == 0) { return normal64(1, m); }
  return Parts(e, vec2u(m.x | 0x40000000u, m.y));
}
fn is_nan64(a: vec2u) -> bool {
  let m = a.x & 0x7fffffffu;
  return m > 0x7ff00000u || (m == 0x7ff00000u && a.y != 0u);
}
fn is_infinite64(a: vec2u) -> bool { return (a.x & 0x7fffffffu) == 0x7ff00000u && a.y == 0u; }
fn is_zero64(a: vec2u) -> bool { return (a.x & 0x7fffffffu) == 0u && a.y == 0u; }
fn pack64(s: u32, e: i32, m: vec2u) -> vec2u {
  if (e > 2046) { return vec2u(s | 0x7ff00000u, 0u); }
  var q = m;
  if (e < 1) { q = right_jam64(m, u32(min(1 - e, 64))); }
  let rest = q.y & 0x3ffu;
  var r = vec2u(q.x >> 10u, (q.x << 22u) | (q.y >> 10u));
  if (rest > 0x200u || (rest == 0x200u && (r.y & 1u) == 1u)) {
    r.y = r.y + 1u;
    if (r.y == 0u) { r.x = r.x + 1u; }
  }
  return vec2u(s | ((u32(max(e, 1) - 1) << 20u) + r.x), r.y);
}`;

/** `from_single(u)` of binary32 bits, exactly. */
const fromSingle = `
fn from_single(u: u32) -> vec2u {
  let s = u & 0x80000000u;
  let m = u & 0x7fffffffu;
  if (m > 0x7f800000u) { return vec2u(0x7ff80000u, 0u); }
  if (m == 0x7f800000u) { return vec2u(s | 0x7ff00000u, 0u); }
  if (m == 0u) { return vec2u(s, 0u); }
  if (m < 0x00800000u) {
    // m 2^-149, its leading one brought to bit 23.
    let by = countLeadingZeros(m) - 8u;
    let f = (m << by) & 0x7fffffu;
    return vec2u(s | ((897u - by) << 20u) | (f >> 3u), f << 29u);
  }
  return vec2u(s | (((m >> 23u) + 896u) << 20u) | ((m & 0x7fffffu) >> 3u), m << 29u);
}`;

/** `to_single(a)`: binary32 bits, rounded once. */
const toSingle = `
fn to_single(a: vec2u) -> u32 {
  let s = a.x & 0x80000000u;
  if (is_nan64(a)) { return 0x7fc00000u; }
  if (is_infinite64(a)) { return s | 0x7f800000u; }
  // Half of the smallest number is 2^-150: what is below is nothing.
  if ((a.x & 0x7fffffffu) < 0x36900000u) { return s; }
  let n = parts64(a);
  let e = n.e - 896;
  let m = n.m.x | select(0u, 1u, n.m.y != 0u);
  if (e > 254) { return s | 0x7f800000u; }
  var drop = 7u;
  if (e < 1) { drop = u32(min(8 - e, 31)); }
  var q = m >> drop;
  let rest = m & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  if (rest > half || (rest == half && (q & 1u) == 1u)) { q = q + 1u; }
  return s | ((u32(max(e, 1) - 1) << 23u) + q);
}`;

/** `from_count(n)` of an integer, exactly. */
const fromCount = `
fn from_count(n: i32) -> vec2u {
  if (n == 0) { return vec2u(0u, 0u); }
  let size = u32(abs(n));
  let by = countLeadingZeros(size);
  let f = (size << by) & 0x7fffffffu;
  return vec2u(select(0u, 0x80000000u, n < 0) | ((1054u - by) << 20u) | (f >> 11u), f << 21u);
}`;

const add = `
fn negated64(a: vec2u) -> vec2u { return vec2u(a.x ^ 0x80000000u, a.y); }
fn add64(a: vec2u, b: vec2u) -> vec2u {
  if (is_nan64(a) || is_nan64(b)) { return vec2u(0x7ff80000u, 0u); }
  if (is_infinite64(a)) {
    if (is_infinite64(b) && a.x != b.x) { return vec2u(0x7ff80000u, 0u); }
    return a;
  }
  if (is_infinite64(b)) { return b; }
  if (is_zero64(b)) {
    if (is_zero64(a)) { return vec2u(a.x & b.x, 0u); }
    return a;
  }
  if (is_zero64(a)) { return b; }
  let am = a.x & 0x7fffffffu;
  let bm = b.x & 0x7fffffffu;
  let swapped = bm > am || (bm == am && b.y > a.y);
  let large = select(a, b, swapped);
  let small = select(b, a, swapped);
  let s = large.x & 0x80000000u;
  let p = parts64(large);
  let n = parts64(small);
  let t = right_jam64(n.m, u32(min(p.e - n.e, 64)));
  if (((a.x ^ b.x) & 0x80000000u) == 0u) {
    let lo = p.m.y + t.y;
    let hi = p.m.x + t.x + select(0u, 1u, lo < t.y);
    if ((hi & 0x80000000u) != 0u) { return pack64(s, p.e + 1, right_jam64(vec2u(hi, lo), 1u)); }
    return pack64(s, p.e, vec2u(hi, lo));
  }
  let d = vec2u(p.m.x - t.x - select(0u, 1u, p.m.y < t.y), p.m.y - t.y);
  if ((d.x | d.y) == 0u) { return vec2u(0u, 0u); }
  let r = normal64(p.e, d);
  return pack64(s, r.e, r.m);
}`;

const subtract = `
fn subtract64(a: vec2u, b: vec2u) -> vec2u { return add64(a, negated64(b)); }`;

const multiply = `
fn word_product(a: u32, b: u32) -> vec2u {
  let a1 = a >> 16u; let a0 = a & 0xffffu; let b1 = b >> 16u; let b0 = b & 0xffffu;
  let low = a0 * b0;
  let c = a1 * b0 + (low >> 16u);
  let d = a0 * b1 + (c & 0xffffu);
  return vec2u(a1 * b1 + (c >> 16u) + (d >> 16u), (d << 16u) | (low & 0xffffu));
}
fn multiply64(a: vec2u, b: vec2u) -> vec2u {
  let s = (a.x ^ b.x) & 0x80000000u;
  if (is_nan64(a) || is_nan64(b)) { return vec2u(0x7ff80000u, 0u); }
  let infinite = is_infinite64(a) || is_infinite64(b);
  if (is_zero64(a) || is_zero64(b)) {
    if (infinite) { return vec2u(0x7ff80000u, 0u); }
    return vec2u(s, 0u);
  }
  if (infinite) { return vec2u(s | 0x7ff00000u, 0u); }
  let x = parts64(a);
  let y = parts64(b);
  // With one factor's leading one in bit 63, the product's is in bit 125 or 126 of 128.
  let u = left64(x.m, 1u);
  let top = word_product(u.x, y.m.x);
  let one = word_product(u.x, y.m.y);
  let other = word_product(u.y, y.m.x);
  let low = word_product(u.y, y.m.y);
  var third = low.x + one.y;
  var carry = select(0u, 1u, third < one.y);
  third = third + other.y;
  carry = carry + select(0u, 1u, third < other.y);
  var second = top.y + one.x;
  var hi = top.x + select(0u, 1u, second < one.x);
  second = second + other.x;
  hi = hi + select(0u, 1u, second < other.x);
  second = second + carry;
  hi = hi + select(0u, 1u, second < carry);
  second = second | select(0u, 1u, (third | low.y) != 0u);
  let e = x.e + y.e - 1022;
  if ((hi & 0x40000000u) == 0u) { return pack64(s, e - 1, left64(vec2u(hi, second), 1u)); }
  return pack64(s, e, vec2u(hi, second));
}`;

// Long division, and the root digit by digit: one bit a round.
const divide = `
fn divide64(a: vec2u, b: vec2u) -> vec2u {
  let s = (a.x ^ b.x) & 0x80000000u;
  if (is_nan64(a) || is_nan64(b)) { return vec2u(0x7ff80000u, 0u); }
  if (is_infinite64(a)) {
    if (is_infinite64(b)) { return vec2u(0x7ff80000u, 0u); }
    return vec2u(s | 0x7ff00000u, 0u);
  }
  if (is_infinite64(b)) { return vec2u(s, 0u); }
  if (is_zero64(b)) {
    if (is_zero64(a)) { return vec2u(0x7ff80000u, 0u); }
    return vec2u(s | 0x7ff00000u, 0u);
  }
  if (is_zero64(a)) { return vec2u(s, 0u); }
  let x = parts64(a);
  let d = parts64(b);
  var r = x.m;
  var e = x.e - d.e + 1023;
  if (r.x < d.m.x || (r.x == d.m.x && r.y < d.m.y)) { r = left64(r, 1u); e = e - 1; }
  var q = vec2u(0u, 0u);
  for (var i = 0u; i < 56u; i++) {
    q = vec2u((q.x << 1u) | (q.y >> 31u), q.y << 1u);
    if (r.x > d.m.x || (r.x == d.m.x && r.y >= d.m.y)) {
      r = vec2u(r.x - d.m.x - select(0u, 1u, r.y < d.m.y), r.y - d.m.y);
      q.y = q.y | 1u;
    }
    r = vec2u((r.x << 1u) | (r.y >> 31u), r.y << 1u);
  }
  q = left64(q, 7u);
  return pack64(s, e, vec2u(q.x, q.y | select(0u, 1u, (r.x | r.y) != 0u)));
}`;

const root = `
fn root64(a: vec2u) -> vec2u {
  if (is_zero64(a)) { return a; }
  if (is_nan64(a) || (a.x & 0x80000000u) != 0u) { return vec2u(0x7ff80000u, 0u); }
  if (is_infinite64(a)) { return a; }
  let x = parts64(a);
  // An even exponent, and the leading one in bit 62 or 63.
  let odd = ((x.e - 1023) & 1) != 0;
  var m = left64(x.m, select(0u, 1u, odd));
  let e = (x.e - 1023 - select(0, 1, odd)) / 2 + 1023;
  var q = vec2u(0u, 0u);
  var r = vec2u(0u, 0u);
  for (var i = 0u; i < 56u; i++) {
    r = vec2u((r.x << 2u) | (r.y >> 30u), (r.y << 2u) | (m.x >> 30u));
    m = left64(m, 2u);
    let t = vec2u((q.x << 2u) | (q.y >> 30u), (q.y << 2u) | 1u);
    q = vec2u((q.x << 1u) | (q.y >> 31u), q.y << 1u);
    if (r.x > t.x || (r.x == t.x && r.y >= t.y)) {
      r = vec2u(r.x - t.x - select(0u, 1u, r.y < t.y), r.y - t.y);
      q.y = q.y | 1u;
    }
  }
  q = left64(q, 7u);
  return pack64(0u, e, vec2u(q.x, q.y | select(0u, 1u, (r.x | r.y) != 0u)));
}`;

/** `below64(a, b)`: a < b; false of NaN. */
const below = `
fn below64(a: vec2u, b: vec2u) -> bool {
  if (is_nan64(a) || is_nan64(b) || (is_zero64(a) && is_zero64(b))) { return false; }
  if (((a.x ^ b.x) & 0x80000000u) != 0u) { return (a.x & 0x80000000u) != 0u; }
  let less = a.x < b.x || (a.x == b.x && a.y < b.y);
  return select(less, !less && (a.x != b.x || a.y != b.y), (a.x & 0x80000000u) != 0u);
}`;

/** `toward_zero64(a)`: the whole part of a number below 2^31. */
const towardZero = `
fn toward_zero64(a: vec2u) -> i32 {
  let e = i32((a.x >> 20u) & 0x7ffu) - 1023;
  if (e < 0) { return 0; }
  let m = 0x80000000u | ((a.x & 0xfffffu) << 11u) | (a.y >> 21u);
  let whole = i32(m >> u32(31 - e));
  return select(whole, -whole, (a.x & 0x80000000u) != 0u);
}`;

/** The library, each part after those that it calls. */
const library: readonly string[] = [
  ...[parts, fromSingle, toSingle, fromCount, add, subtract, multiply, divide, root, below, towardZero],
  ...elementary,
];

/** The parts that the code calls, and those that they call: a driver compiles what it is given. */
export function withBinary64(code: string): string {
  let whole = code;
  for (const part of [...library].reverse()) {
    const names = [...part.matchAll(/^fn (\w+)\(/gm)].map(([, name]) => name!);
    if (names.some((name) => new RegExp(`\\b${name}\\(`).test(whole))) whole = `${part}\n${whole}`;
  }
  return whole;
}
