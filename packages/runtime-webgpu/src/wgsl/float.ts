// WGSL for the binary32 operations that sums are made of, on bits. The device's own + and * are used where the start-up
// test has shown them to round to nearest even, and integers wherever a subnormal number could be flushed.
import { drawFunctions } from "./draws.js";
import { wideFunctions } from "./exact.js";

/**
 * `exact_fma(a, b, c, odd)`: a b + c with one rounding to binary32, to nearest even, or to odd (toward zero, with the
 * last bit set if anything was lost) so that rounding the result once more to 22 bits or fewer rounds the exact value,
 * and cutting it to 23 bits or fewer cuts the exact value.
 *
 * Numbers are held as (hi, lo), 64 bits with the leading one in bit 62; what an alignment shifts out is kept as a
 * one in the last bit, as in Berkeley SoftFloat.
 */
const shiftJam = `
fn shift_jam(hi: u32, lo: u32, by: u32) -> vec2u {
  if (by == 0u) { return vec2u(hi, lo); }
  if (by < 32u) {
    let lost = select(0u, 1u, (lo << (32u - by)) != 0u);
    return vec2u(hi >> by, (hi << (32u - by)) | (lo >> by) | lost);
  }
  if (by < 64u) {
    let rest = by - 32u;
    var lost = lo;
    if (rest > 0u) { lost = lost | (hi << (32u - rest)); }
    return vec2u(0u, (hi >> rest) | select(0u, 1u, lost != 0u));
  }
  return vec2u(0u, select(0u, 1u, (hi | lo) != 0u));
}`;

const exactFma = `
fn exact_fma(a: u32, b: u32, c: u32, odd: bool) -> u32 {
  let am = a & 0x7fffffffu; let bm = b & 0x7fffffffu; let cm = c & 0x7fffffffu;
  let sign = (a ^ b) & 0x80000000u;
  if (am >= 0x7f800000u || bm >= 0x7f800000u || cm >= 0x7f800000u) {
    if (am > 0x7f800000u || bm > 0x7f800000u || cm > 0x7f800000u) { return 0x7fc00000u; }
    if (am == 0x7f800000u || bm == 0x7f800000u) {
      if (am == 0u || bm == 0u) { return 0x7fc00000u; }
      let p = sign | 0x7f800000u;
      if (cm == 0x7f800000u && c != p) { return 0x7fc00000u; }
      return p;
    }
    return c;
  }
  if (am == 0u || bm == 0u) { return c; }
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
  var e = ex + ey - 127 + 1;
  hi = (hi << 15u) | (lo >> 17u); lo = lo << 15u;
  if ((hi & 0x40000000u) == 0u) { hi = (hi << 1u) | (lo >> 31u); lo = lo << 1u; e = e - 1; }
  var s = sign;
  if (cm != 0u) {
    var z = cm & 0x7fffffu; var ec = i32(cm >> 23u);
    if (ec == 0) { let n = countLeadingZeros(z) - 8u; z = z << n; ec = 1 - i32(n); } else { z = z | 0x800000u; }
    var zhi = z << 7u; var zlo = 0u;
    let cs = c & 0x80000000u;
    if (e > ec || (e == ec && hi >= zhi)) {
      let t = shift_jam(zhi, zlo, u32(min(e - ec, 64))); zhi = t.x; zlo = t.y;
    } else {
      let t = shift_jam(hi, lo, u32(min(ec - e, 64)));
      hi = zhi; lo = zlo; zhi = t.x; zlo = t.y; e = ec; s = cs;
    }
    if (cs == sign) {
      lo = lo + zlo; hi = hi + zhi; if (lo < zlo) { hi = hi + 1u; }
      if ((hi & 0x80000000u) != 0u) {
        lo = (lo >> 1u) | (hi << 31u) | (lo & 1u); hi = hi >> 1u; e = e + 1;
      }
    } else {
      let borrow = select(0u, 1u, lo < zlo);
      lo = lo - zlo; hi = hi - zhi - borrow;
      if ((hi | lo) == 0u) { return 0u; }
      var n = 0u;
      if (hi == 0u) { n = 32u + countLeadingZeros(lo); } else { n = countLeadingZeros(hi); }
      n = n - 1u;
      if (n >= 32u) { hi = lo << (n - 32u); lo = 0u; }
      else if (n > 0u) { hi = (hi << n) | (lo >> (32u - n)); lo = lo << n; }
      e = e - i32(n);
    }
  }
  // The leading one is in bit 62; e is the biased exponent.
  let m = hi | select(0u, 1u, lo != 0u);
  var drop = 7u;
  if (e < 1) { drop = u32(min(8 - e, 32)); }
  if (drop > 31u) { return select(0u, s | 1u, odd); }
  var q = m >> drop;
  let rest = m & ((1u << drop) - 1u);
  if (odd) {
    q = q | select(0u, 1u, rest != 0u);
  } else {
    let half = 1u << (drop - 1u);
    if (rest > half || (rest == half && (q & 1u) == 1u)) { q = q + 1u; }
  }
  var r = q;
  if (e >= 1) {
    if (e > 254) { return s | select(0x7f800000u, 0x7f7fffffu, odd); }
    r = (u32(e - 1) << 23u) + q;
  }
  return s | r;
}`;

/**
 * Binary32's product and sum, on bits: `multiply` and `add`, and their `_coarse` twins for sums in formats that are far
 * from subnormal numbers, where tiny results are rounded away afterwards and only flushed operands matter. A zero that
 * no compiler knows keeps a product from being contracted into a sum.
 */
const multiply = `
fn multiply(a: u32, b: u32) -> u32 {
  let r = bitcast<u32>(bitcast<f32>(a) * bitcast<f32>(b)) ^ p.zero;
  let m = r & 0x7fffffffu;
  if ((m < 0x01000000u || m > 0x7f800000u) && (a & 0x7fffffffu) != 0u && (b & 0x7fffffffu) != 0u) {
    return exact_fma(a, b, 0u, false);
  }
  return r;
}`;

const add = `
fn add(a: u32, b: u32) -> u32 {
  let r = bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)) ^ p.zero;
  if ((r & 0x7fffffffu) < 0x0d800000u && ((a | b) & 0x7fffffffu) != 0u) { return exact_fma(a, 0x3f800000u, b, false); }
  return r;
}`;

// A subnormal operand m 2^-149 goes in as m 2^-24, and 2^-125 is taken off the product's exponent.
const multiplyCoarse = `
fn multiply_coarse(a: u32, b: u32) -> u32 {
  let r = bitcast<u32>(bitcast<f32>(a) * bitcast<f32>(b)) ^ p.zero;
  let m = r & 0x7fffffffu;
  let am = a & 0x7fffffffu;
  let bm = b & 0x7fffffffu;
  if ((m != 0u && m <= 0x7f800000u) || am == 0u || bm == 0u) { return r; }
  if ((am < 0x00800000u) == (bm < 0x00800000u)) { return r; }
  let small = min(am, bm);
  let other = max(am, bm);
  if (other > 0x7f800000u) { return r; }
  let sign = (a ^ b) & 0x80000000u;
  if (other == 0x7f800000u) { return sign | other; }
  let q = bitcast<u32>(bitcast<f32>(bitcast<u32>(f32(small)) - 0x0c000000u) * bitcast<f32>(other));
  return sign | select(0u, q - 0x3e800000u, q >= 0x3f000000u);
}`;

const addCoarse = `
fn add_coarse(a: u32, b: u32) -> u32 {
  return bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)) ^ p.zero;
}`;

/** The library, each function after those that it calls. */
const library = {
  shift_jam: shiftJam,
  ...wideFunctions,
  ...drawFunctions,
  exact_fma: exactFma,
  multiply,
  add,
  multiply_coarse: multiplyCoarse,
  add_coarse: addCoarse,
};

/** The functions that the code calls, and those that they call: a driver compiles what it is given. */
export function withArithmetic(code: string): string {
  let whole = code;
  const calls = (name: string): boolean => new RegExp(`\\b${name}\\(`).test(whole);
  for (const [name, text] of Object.entries(library).reverse()) if (calls(name)) whole = `${text}\n${whole}`;
  return whole;
}
