// From raw sums to components: scale, bias, where each belongs in the output. One by one: it happens once per sum.
// Follows finish() of the reference's SumEngine and roundNearestEven of @mpplan/formats to the letter.

// The constants of the result's format, one f64 each; ../src/constants.ts writes them.
const SCALE: usize = 0;
const MIN_NORMAL: usize = 8;
const TINY: usize = 16;
const LIMIT: usize = 24;
const ON_OVERFLOW: usize = 32;
/** 1 where a sum passes through binary32 before it is rounded. */
const VIA_BINARY32: usize = 40;
/** 1 for binary64, whose terms are not rounded to binary32. */
const BINARY64: usize = 48;

@inline
function round(x: f64, p: usize): f64 {
  const size = abs(x);
  if (size < load<f64>(p, MIN_NORMAL)) {
    const tiny = load<f64>(p, TINY);
    return x + tiny - tiny;
  }
  if (size <= load<f64>(p, LIMIT)) {
    const g = x * load<f64>(p, SCALE);
    return g - (g - x);
  }
  if (size != size) return NaN;
  const over = load<f64>(p, ON_OVERFLOW);
  return x > 0 ? over : -over;
}

@inline
function sumToOdd(a: f64, b: f64): f64 {
  const s = a + b;
  const fromB = s - a;
  const error = a - (s - fromB) + (b - fromB);
  if (error == 0 || error != error) return s;
  const bits = reinterpret<i64>(s);
  if (bits & 1) return s;
  return reinterpret<f64>(error > 0 == s > 0 ? bits | 1 : bits - 1);
}

@inline
function add(a: f64, b: f64, p: usize): f64 {
  if (load<f64>(p, BINARY64)) return round(a + b, p);
  const sum = sumToOdd(a, b);
  return round(load<f64>(p, VIA_BINARY32) ? <f64>(<f32>sum) : sum, p);
}

@inline
function finished(sum: f64, alpha: f64, term: f64, p: usize): f64 {
  const scaled = alpha == 1 ? sum : add(0, alpha * sum, p);
  if (term == 0) return scaled + 0;
  return add(scaled, load<f64>(p, BINARY64) ? term : <f64>(<f32>term), p);
}

/**
 * Sums at c, rows of `stride` bytes, into the output: component (row, j) goes to
 * out + rowAt + row * rowStep + map[j] * columnStep (bytes; no map counts from 0), its bias is at
 * bias + row * biasRowStep + map[j] * biasStep. No bias is address 0.
 */
@inline
function scatter<C, O, B>(
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  map: usize,
  out: usize,
  rowStep: usize,
  columnStep: usize,
  bias: usize,
  biasRowStep: usize,
  biasStep: usize,
  alpha: f64,
  beta: f64,
  p: usize,
  exact: bool,
): void {
  for (let row = 0; row < rows; row++) {
    let from = c;
    for (let j = 0; j < columns; j++, from += sizeof<C>()) {
      const column = map ? <usize>load<i32>(map + <usize>j * 4) : <usize>j;
      const b: f64 = bias ? <f64>load<B>(bias + column * biasStep) : 0;
      const sum = <f64>load<C>(from);
      const value = exact ? alpha * sum + beta * b : finished(sum, alpha, beta * b, p);
      store<O>(out + column * columnStep, <O>value);
    }
    c += stride;
    out += rowStep;
    bias = bias ? bias + biasRowStep : 0;
  }
}

/** Sums that stay what they are, side by side in the output; only -0 becomes 0. */
@inline
function copyRows(c: usize, stride: usize, rows: i32, columns: i32, out: usize, rowStep: usize): void {
  const whole = <usize>(columns & ~3) * 4;
  const bytes = <usize>columns * 4;
  for (let row = 0; row < rows; row++, c += stride, out += rowStep) {
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(out + at, f32x4.add(v128.load(c + at), f32x4.splat(0)));
    for (; at < bytes; at += 4) store<f32>(out + at, load<f32>(c + at) + 0);
  }
}

/** binary32 sums. */
export function finish32(
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  map: usize,
  out: usize,
  rowStep: usize,
  columnStep: usize,
  bias: usize,
  biasRowStep: usize,
  biasStep: usize,
  alpha: f64,
  beta: f64,
  p: usize,
): void {
  if (!map && !bias && alpha == 1 && beta * 0 == 0 && columnStep == 4) {
    copyRows(c, stride, rows, columns, out, rowStep);
    return;
  }
  scatter<f32, f32, f32>(c, stride, rows, columns, map, out, rowStep, columnStep, bias, biasRowStep, biasStep, alpha, beta, p, false);
}

/** binary64 sums, stored as binary32. */
export function finish64(
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  map: usize,
  out: usize,
  rowStep: usize,
  columnStep: usize,
  bias: usize,
  biasRowStep: usize,
  biasStep: usize,
  alpha: f64,
  beta: f64,
  p: usize,
): void {
  scatter<f64, f32, f32>(c, stride, rows, columns, map, out, rowStep, columnStep, bias, biasRowStep, biasStep, alpha, beta, p, false);
}

/** The exact reference: binary64 throughout, no rounding but its own. */
export function finishExact(
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  map: usize,
  out: usize,
  rowStep: usize,
  columnStep: usize,
  bias: usize,
  biasRowStep: usize,
  biasStep: usize,
  alpha: f64,
  beta: f64,
  p: usize,
): void {
  scatter<f64, f64, f64>(c, stride, rows, columns, map, out, rowStep, columnStep, bias, biasRowStep, biasStep, alpha, beta, p, true);
}
