// WGSL for exact products and sums of binary32 numbers, before they are rounded: integers of 64 bits in two words.
// `exact_fma` does the same in one function, which takes half the time where a product and its sum are all there is.

/**
 * A number not rounded yet: (hi, lo) 2^(e - 189), 64 bits with the leading one in bit 62, so that e is the biased
 * exponent. What an alignment shifted out is a one in the last bit, as in Berkeley SoftFloat: 61 bits and whether there
 * is more. Where hi is 0, lo is a zero, an infinity or NaN as binary32 bits.
 */
const wide = `struct Wide { hi: u32, lo: u32, e: i32, sign: u32 }`;

/** Puts the leading one of (hi, lo), which is not 0 and below 2^63, into bit 62. */
const wideNormal = `
fn wide_normal(hi: u32, lo: u32, e: i32, sign: u32) -> Wide {
  var n = 31u + countLeadingZeros(lo);
  if (hi != 0u) { n = countLeadingZeros(hi) - 1u; }
  if (n >= 32u) { return Wide(lo << (n - 32u), 0u, e - i32(n), sign); }
  if (n > 0u) { return Wide((hi << n) | (lo >> (32u - n)), lo << n, e - i32(n), sign); }
  return Wide(hi, lo, e, sign);
}`;

const wideOf = `
fn wide_of(u: u32) -> Wide {
  let m = u & 0x7fffffffu;
  if (m == 0u || m >= 0x7f800000u) { return Wide(0u, u, 0, 0u); }
  var x = m & 0x7fffffu; var e = i32(m >> 23u);
  if (e == 0) { let n = countLeadingZeros(x) - 8u; x = x << n; e = 1 - i32(n); } else { x = x | 0x800000u; }
  return Wide(x << 7u, 0u, e, u & 0x80000000u);
}`;

/** A zero product is +0, and NaN 0x7fc00000. */
const wideProduct = `
fn wide_product(a: u32, b: u32) -> Wide {
  let am = a & 0x7fffffffu; let bm = b & 0x7fffffffu;
  let sign = (a ^ b) & 0x80000000u;
  if (am >= 0x7f800000u || bm >= 0x7f800000u) {
    if (am > 0x7f800000u || bm > 0x7f800000u || am == 0u || bm == 0u) { return Wide(0u, 0x7fc00000u, 0, 0u); }
    return Wide(0u, sign | 0x7f800000u, 0, 0u);
  }
  if (am == 0u || bm == 0u) { return Wide(0u, 0u, 0, 0u); }
  var x = am & 0x7fffffu; var ex = i32(am >> 23u);
  if (ex == 0) { let n = countLeadingZeros(x) - 8u; x = x << n; ex = 1 - i32(n); } else { x = x | 0x800000u; }
  var y = bm & 0x7fffffu; var ey = i32(bm >> 23u);
  if (ey == 0) { let n = countLeadingZeros(y) - 8u; y = y << n; ey = 1 - i32(n); } else { y = y | 0x800000u; }
  let x1 = x >> 12u; let x0 = x & 0xfffu; let y1 = y >> 12u; let y0 = y & 0xfffu;
  let cross = x1 * y0 + x0 * y1;
  let top = x1 * y1;
  var lo = x0 * y0;
  var hi = (top >> 8u) + (cross >> 20u);
  let c1 = cross << 12u; lo = lo + c1; if (lo < c1) { hi = hi + 1u; }
  let c2 = top << 24u; lo = lo + c2; if (lo < c2) { hi = hi + 1u; }
  let e = ex + ey - 126;
  hi = (hi << 15u) | (lo >> 17u); lo = lo << 15u;
  if ((hi & 0x40000000u) == 0u) { return Wide((hi << 1u) | (lo >> 31u), lo << 1u, e - 1, sign); }
  return Wide(hi, lo, e, sign);
}`;

/** v + c, for a v whose last 8 bits are 0: nothing is lost where leading bits cancel. */
const wideAdd = `
fn wide_add(v: Wide, c: u32) -> Wide {
  let cm = c & 0x7fffffffu;
  if (v.hi == 0u) {
    if (v.lo == 0u) { return wide_of(c); }
    if (cm > 0x7f800000u || (cm == 0x7f800000u && c != v.lo)) { return Wide(0u, 0x7fc00000u, 0, 0u); }
    return v;
  }
  if (cm == 0u) { return v; }
  let z = wide_of(c);
  if (z.hi == 0u) { return z; }
  var big = v; var small = z;
  if (v.e < z.e || (v.e == z.e && (v.hi < z.hi || (v.hi == z.hi && v.lo < z.lo)))) { big = z; small = v; }
  let t = shift_jam(small.hi, small.lo, u32(min(big.e - small.e, 64)));
  if (v.sign == z.sign) {
    let lo = big.lo + t.y;
    let hi = big.hi + t.x + select(0u, 1u, lo < t.y);
    if ((hi & 0x80000000u) != 0u) {
      return Wide(hi >> 1u, (lo >> 1u) | (hi << 31u) | (lo & 1u), big.e + 1, big.sign);
    }
    return Wide(hi, lo, big.e, big.sign);
  }
  let lo = big.lo - t.y;
  let hi = big.hi - t.x - select(0u, 1u, big.lo < t.y);
  if ((hi | lo) == 0u) { return Wide(0u, 0u, 0, 0u); }
  return wide_normal(hi, lo, big.e, big.sign);
}`;

/** To binary32: to nearest even, or to odd. */
const narrowed = `
fn narrowed(v: Wide, odd: bool) -> u32 {
  if (v.hi == 0u) { return select(v.lo, 0x7fc00000u, (v.lo & 0x7fffffffu) > 0x7f800000u); }
  let m = v.hi | select(0u, 1u, v.lo != 0u);
  var drop = 7u;
  if (v.e < 1) { drop = u32(min(8 - v.e, 32)); }
  if (drop > 31u) { return select(0u, v.sign | 1u, odd); }
  var q = m >> drop;
  let rest = m & ((1u << drop) - 1u);
  if (odd) {
    q = q | select(0u, 1u, rest != 0u);
  } else {
    let half = 1u << (drop - 1u);
    if (rest > half || (rest == half && (q & 1u) == 1u)) { q = q + 1u; }
  }
  if (v.e < 1) { return v.sign | q; }
  if (v.e > 254) { return v.sign | select(0x7f800000u, 0x7f7fffffu, odd); }
  return v.sign | ((u32(v.e - 1) << 23u) + q);
}`;

/** Each after those that it calls; `shift_jam` is with `exact_fma`. */
export const wideFunctions = {
  Wide: wide,
  wide_normal: wideNormal,
  wide_of: wideOf,
  wide_product: wideProduct,
  wide_add: wideAdd,
  narrowed,
} as const;
