// Rounding to a format in SIMD lanes, nearest-even. ../README.md says why each formula is exact and where it is valid.
// Modes are compile-time constants of inlined calls; format constants are vectors, so one kernel serves every format.

/** No rounding: binary32 in f32 lanes, binary64 in f64 lanes. */
export const NONE: i32 = 0;
/** The clamp alone: binary32 that saturates. */
export const CLAMP: i32 = 1;
/** Exponent magic; nothing may overflow. */
export const MAGIC: i32 = 2;
/** Scale; nothing may overflow, and no result may need rounding below the smallest normal value. */
export const SCALE: i32 = 3;
/** Clamp, then exponent magic. */
export const SATURATE: i32 = 4;
/** Exponent magic, then a select where the format overflows: any overflow rule. */
export const SELECT: i32 = 5;
/** Clamp, then scale: saturating sums of two numbers of the format. */
export const CLAMP_SCALE: i32 = 6;

// The constants of one format in memory, one vector each; ../src/constants.ts writes them.
/** f32: exponent bits of the smallest normal value. f64: that value. */
export const FLOOR: usize = 0;
/** f32: (k << 23) + 0x400000. f64: 1.5 2^(53 - t). */
export const MAGIC_STEP: usize = 16;
/** 2^k */
export const SCALE_BY: usize = 32;
export const MAX: usize = 48;
/** The largest number that does not overflow. */
export const LIMIT: usize = 64;
/** What overflows to: max, infinity or NaN. */
export const ON_OVERFLOW: usize = 80;
/** f64: the bits of a sum that are all zero where it is, or lies halfway between, numbers of the format. */
export const CRITICAL: usize = 96;
/** The outer format's constants follow the inner one's. */
export const OUTER: usize = 112;

@inline
function magic32(x: v128, p: usize): v128 {
  const c = i32x4.add(
    i32x4.max_s(v128.and(x, i32x4.splat(0x7f800000)), v128.load(p, FLOOR)),
    v128.load(p, MAGIC_STEP),
  );
  return f32x4.sub(f32x4.add(x, c), c);
}

@inline
function clamp32(x: v128, p: usize): v128 {
  const max = v128.load(p, MAX);
  // pmin and pmax keep a NaN that is their first operand.
  return f32x4.pmax(f32x4.pmin(x, max), f32x4.neg(max));
}

@inline
function scale32(x: v128, p: usize): v128 {
  const g = f32x4.mul(x, v128.load(p, SCALE_BY));
  return f32x4.sub(g, f32x4.sub(g, x));
}

@inline
export function round32(mode: i32, x: v128, p: usize): v128 {
  if (mode == CLAMP) return clamp32(x, p);
  if (mode == MAGIC) return magic32(x, p);
  if (mode == SCALE) return scale32(x, p);
  if (mode == SATURATE) return magic32(clamp32(x, p), p);
  if (mode == CLAMP_SCALE) return scale32(clamp32(x, p), p);
  if (mode == SELECT) {
    const sign = v128.and(x, i32x4.splat(0x80000000));
    const over = f32x4.gt(f32x4.abs(x), v128.load(p, LIMIT));
    return v128.bitselect(v128.or(v128.load(p, ON_OVERFLOW), sign), magic32(x, p), over);
  }
  return x;
}

@inline
function magic64(x: v128, p: usize): v128 {
  const c = f64x2.mul(
    f64x2.pmax(v128.and(x, i64x2.splat(0x7ff0000000000000)), v128.load(p, FLOOR)),
    v128.load(p, MAGIC_STEP),
  );
  return f64x2.sub(f64x2.add(x, c), c);
}

@inline
function clamp64(x: v128, p: usize): v128 {
  const max = v128.load(p, MAX);
  return f64x2.pmax(f64x2.pmin(x, max), f64x2.neg(max));
}

@inline
function scale64(x: v128, p: usize): v128 {
  const g = f64x2.mul(x, v128.load(p, SCALE_BY));
  return f64x2.sub(g, f64x2.sub(g, x));
}

@inline
export function round64(mode: i32, x: v128, p: usize): v128 {
  if (mode == CLAMP) return clamp64(x, p);
  if (mode == MAGIC) return magic64(x, p);
  if (mode == SCALE) return scale64(x, p);
  if (mode == SATURATE) return magic64(clamp64(x, p), p);
  if (mode == SELECT) {
    const sign = v128.and(x, i64x2.splat(0x8000000000000000));
    const over = f64x2.gt(f64x2.abs(x), v128.load(p, LIMIT));
    return v128.bitselect(v128.or(v128.load(p, ON_OVERFLOW), sign), magic64(x, p), over);
  }
  return x;
}

/** To binary32 and back. */
@inline
export function narrow64(x: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(x));
}

/** a + b rounded to odd, as sumToOdd of @mpplan/formats. */
@inline
export function sumToOdd(a: v128, b: v128): v128 {
  const s = f64x2.add(a, b);
  const fromB = f64x2.sub(s, a);
  const error = f64x2.add(f64x2.sub(a, f64x2.sub(s, fromB)), f64x2.sub(b, fromB));
  // Where the sum is inexact (not where its error is NaN) and even: one step toward the error.
  const inexact = f64x2.gt(f64x2.abs(error), f64x2.splat(0));
  const even = i64x2.sub(v128.and(s, i64x2.splat(1)), i64x2.splat(1));
  const step = v128.or(i64x2.shr_s(v128.xor(s, error), 63), i64x2.splat(1));
  return i64x2.add(s, v128.and(step, v128.and(inexact, even)));
}

/**
 * True in lanes where rounding x = fl(s + wh) to the format need not be rounding s + wh, for s in the format: only where
 * x itself is a number of the format or halfway between two, because rounding is monotone and those are binary64
 * numbers; and not where wh is too small to move s, or zero.
 */
@inline
export function critical(x: v128, s: v128, p: usize): v128 {
  const zeros = i64x2.eq(v128.and(x, v128.load(p, CRITICAL)), i64x2.splat(0));
  return v128.and(zeros, f64x2.ne(x, s));
}
