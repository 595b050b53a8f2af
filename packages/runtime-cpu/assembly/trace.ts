// What calibration wants of the partial sums of one low accumulator: the same steps as the reference's tracer, in
// binary32. Terms whose input is zero round nothing and are left out of the lists that the kernel follows.

// Constants, one vector each: the smallest normal value of the inner and of the outer format, no less than binary32's.
const OUTER: usize = 16;

/** Where the lists of a row stand in its part of the results, two vectors each. */
const PEAK: usize = 0;
const OUTER_PEAK: usize = 32;
const SQUARES: usize = 64;
const POWERS: usize = 96;
const OUTER_POWERS: usize = 128;
const ROW_BYTES: usize = 160;

/**
 * The terms of one row that are not zero: for each its offset in a panel [length][8] of binary32, and its value. `ends`
 * gets the address behind the last one of every block.
 */
export function listTerms(h: usize, hStep: usize, length: i32, block: i32, list: usize, ends: usize): void {
  let offset: u32 = 0;
  let from = 0;
  // Without terms a row has one block, and nothing in it.
  do {
    const end = offset + <u32>min(block, length - from) * 32;
    for (; offset < end; offset += 32, h += hStep) {
      const x = load<f32>(h);
      store<u32>(list, offset);
      store<f32>(list, x, 4);
      list += x != 0 ? 8 : 0;
    }
    store<u32>(ends, <u32>list);
    ends += 4;
    from += block;
  } while (from < length);
}

/** The square of the power of two at or below a number. */
@inline
function squaredPower(x: v128, floor: v128): v128 {
  const power = f32x4.pmax(v128.and(x, i32x4.splat(0x7f800000)), floor);
  return f32x4.mul(power, power);
}

/** One step of the outer format for the lanes that count: half of a row's results, at `r`. */
@inline
function outerStep(r: usize, partial: v128, counts: v128, p: usize): void {
  const size = v128.and(f32x4.abs(partial), counts);
  v128.store(r, f32x4.pmax(v128.load(r, OUTER_PEAK), size), OUTER_PEAK);
  v128.store(r, f32x4.add(v128.load(r, SQUARES), f32x4.mul(size, size)), SQUARES);
  const powers = v128.and(squaredPower(partial, v128.load(p, OUTER)), counts);
  v128.store(r, f32x4.add(v128.load(r, OUTER_POWERS), powers), OUTER_POWERS);
}

/** Adds a finished block to the outer sum at `total`. */
@inline
function addBlock(r: usize, total: usize, partial: v128, p: usize): void {
  const zero = f32x4.splat(0);
  const sum = f32x4.add(v128.load(total), partial);
  v128.store(total, sum);
  outerStep(r, sum, v128.and(f32x4.ne(partial, zero), f32x4.ne(sum, partial)), p);
}

@inline
function finish(r: usize, total: usize, bias: usize, alpha: f32, p: usize): void {
  let sum = v128.load(total);
  if (alpha != 1) {
    sum = f32x4.mul(sum, f32x4.splat(alpha));
    outerStep(r, sum, i32x4.splat(-1), p);
  }
  if (bias) {
    const term = v128.load(bias);
    outerStep(r, f32x4.add(sum, term), f32x4.ne(term, f32x4.splat(0)), p);
  }
}

@inline
function trace(
  masked: bool,
  w: usize,
  lists: usize,
  listStep: usize,
  ends: usize,
  rows: i32,
  blocks: i32,
  bias: usize,
  biasStep: usize,
  alpha: f32,
  p: usize,
  totals: usize,
  result: usize,
): void {
  const zero = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    let at = lists + <usize>row * listStep;
    let peak0 = zero;
    let peak1 = zero;
    let powers0 = zero;
    let powers1 = zero;
    let s0 = zero;
    let s1 = zero;
    v128.store(result, zero, OUTER_PEAK);
    v128.store(result, zero, OUTER_PEAK + 16);
    v128.store(result, zero, SQUARES);
    v128.store(result, zero, SQUARES + 16);
    v128.store(result, zero, OUTER_POWERS);
    v128.store(result, zero, OUTER_POWERS + 16);
    v128.store(totals, zero);
    v128.store(totals, zero, 16);
    const floor = v128.load(p);
    for (let block = 0; block < blocks; block++, ends += 4) {
      const end = <usize>load<u32>(ends);
      if (at == end) continue;
      s0 = zero;
      s1 = zero;
      let squares0 = v128.load(result, SQUARES);
      let squares1 = v128.load(result, SQUARES + 16);
      for (; at < end; at += 8) {
        const x = v128.load32_splat(at, 4);
        const from = w + load<u32>(at);
        const a = f32x4.mul(v128.load(from), x);
        s0 = f32x4.add(s0, a);
        peak0 = f32x4.pmax(peak0, f32x4.abs(s0));
        let square = f32x4.mul(s0, s0);
        if (masked) square = v128.and(square, f32x4.ne(a, zero));
        squares0 = f32x4.add(squares0, square);
        let power = squaredPower(s0, floor);
        if (masked) power = v128.and(power, f32x4.ne(a, zero));
        powers0 = f32x4.add(powers0, power);
        const b = f32x4.mul(v128.load(from, 16), x);
        s1 = f32x4.add(s1, b);
        peak1 = f32x4.pmax(peak1, f32x4.abs(s1));
        square = f32x4.mul(s1, s1);
        if (masked) square = v128.and(square, f32x4.ne(b, zero));
        squares1 = f32x4.add(squares1, square);
        power = squaredPower(s1, floor);
        if (masked) power = v128.and(power, f32x4.ne(b, zero));
        powers1 = f32x4.add(powers1, power);
      }
      v128.store(result, squares0, SQUARES);
      v128.store(result, squares1, SQUARES + 16);
      if (blocks > 1) {
        addBlock(result, totals, s0, p);
        addBlock(result + 16, totals + 16, s1, p);
      }
    }
    if (blocks == 1) {
      v128.store(totals, s0);
      v128.store(totals, s1, 16);
    }
    v128.store(result, peak0, PEAK);
    v128.store(result, peak1, PEAK + 16);
    v128.store(result, powers0, POWERS);
    v128.store(result, powers1, POWERS + 16);
    finish(result, totals, bias, alpha, p);
    finish(result + 16, totals + 16, bias ? bias + 16 : 0, alpha, p);
    bias += bias ? biasStep : 0;
    result += ROW_BYTES;
  }
}

/**
 * Rows by one panel [K][8], all numbers finite. Per row, at `result`, five lists of 8: the largest |partial sum| over
 * the steps in the inner format, and over those in the outer one; the sum of squared partial sums over the steps that
 * can round; those of the squared powers of two at or below them, inner and outer. A bias, scaled already, is 8 numbers
 * per row, or address 0. `totals` is room for 8 numbers.
 */
export function trace32(
  w: usize,
  lists: usize,
  listStep: usize,
  ends: usize,
  rows: i32,
  blocks: i32,
  bias: usize,
  biasStep: usize,
  alpha: f32,
  p: usize,
  totals: usize,
  result: usize,
): void {
  trace(false, w, lists, listStep, ends, rows, blocks, bias, biasStep, alpha, p, totals, result);
}

/** The same where products of numbers that are not zero may be. */
export function trace32Masked(
  w: usize,
  lists: usize,
  listStep: usize,
  ends: usize,
  rows: i32,
  blocks: i32,
  bias: usize,
  biasStep: usize,
  alpha: f32,
  p: usize,
  totals: usize,
  result: usize,
): void {
  trace(true, w, lists, listStep, ends, rows, blocks, bias, biasStep, alpha, p, totals, result);
}

/** Bit j is set where neuron j of a panel [length][8] has a zero. */
export function zeroLanes(w: usize, length: i32): i32 {
  const zero = f32x4.splat(0);
  let low = zero;
  let high = zero;
  for (const end = w + <usize>length * 32; w < end; w += 32) {
    low = v128.or(low, f32x4.eq(v128.load(w), zero));
    high = v128.or(high, f32x4.eq(v128.load(w, 16), zero));
  }
  return i32x4.bitmask(low) | (i32x4.bitmask(high) << 4);
}
