// Sums in f64 lanes: where products or sums are not exact in binary32, or a format needs every care, and binary64.
import {
  CLAMP,
  MAGIC,
  NONE,
  OUTER,
  SATURATE,
  SCALE,
  SELECT,
  critical,
  narrow64,
  round64,
  sumToOdd,
} from "./round";

// What is rounded in a step. The names end in 32 where binary32 comes between.
/** s + wh where binary64 holds it exactly; or binary64 itself. */
const EXACT: i32 = 0;
const EXACT32: i32 = 1;
/** s + wh to odd: any operands. */
const ODD: i32 = 2;
const ODD32: i32 = 3;
/** s + R(wh) */
const ROUNDED: i32 = 4;
/** s + fl32(wh) */
const ADD32: i32 = 5;

/** s + wh as binary64 rounds it; a tile with a sum for which that might matter is computed again, to odd. */
const WATCH: i32 = 6;
const WATCH32: i32 = 7;

@inline
function watched(rule: i32, danger: v128, s: v128, w: v128, h: v128, p: usize): v128 {
  if (rule != WATCH && rule != WATCH32) return danger;
  return v128.or(danger, critical(f64x2.add(s, f64x2.mul(w, h)), s, p));
}

@inline
function step(rule: i32, mode: i32, s: v128, w: v128, h: v128, p: usize): v128 {
  const product = f64x2.mul(w, h);
  if (rule == EXACT || rule == WATCH) return round64(mode, f64x2.add(s, product), p);
  if (rule == EXACT32 || rule == WATCH32) return round64(mode, narrow64(f64x2.add(s, product)), p);
  if (rule == ODD) return round64(mode, sumToOdd(s, product), p);
  if (rule == ODD32) return round64(mode, narrow64(sumToOdd(s, product)), p);
  if (rule == ADD32) return round64(mode, narrow64(f64x2.add(s, narrow64(product))), p);
  // Both addends are multiples of the format's smallest value: below the smallest normal one, their sum is exact.
  const rounded = round64(mode, product, p);
  return round64(mode == MAGIC ? SCALE : mode, f64x2.add(s, rounded), p);
}

/** Adds a finished block to the outer sum kept at c. Operands of a sum have 25 bits at most: no need for odd. */
@inline
function addBlock(rule: i32, mode: i32, c: usize, first: bool, s: v128, p: usize): void {
  const total = f64x2.add(first ? f64x2.splat(0) : v128.load(c), s);
  const via32 = rule == EXACT32 || rule == WATCH32 || rule == ODD32 || rule == ADD32;
  // The two formats need not share a grid, so the outer sum is never rounded by scale.
  v128.store(c, round64(mode == SCALE ? MAGIC : mode, via32 ? narrow64(total) : total, p + OUTER));
}

/** Rows by panels of 8 neurons, each in two halves. w: panels of [K][8]; h: tiles of [K][4]; c: rows of `stride` bytes. */
@inline
function matrix(
  rule: i32,
  mode: i32,
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  const panelBytes = <usize>length * 64;
  const tileBytes = <usize>length * 32;
  for (let half = 0; half < 2 * panels; half++) {
    for (let tile = 0; tile < tiles; tile++) {
      let wp = w + <usize>(half >> 1) * panelBytes + <usize>(half & 1) * 32;
      let hp = h + <usize>tile * tileBytes;
      const c0 = c + <usize>half * 32 + <usize>tile * 4 * stride;
      const c1 = c0 + stride;
      const c2 = c1 + stride;
      const c3 = c2 + stride;
      let danger = i64x2.splat(0);
      let from = 0;
      do {
        const steps = min(block, length - from);
        let s00 = f64x2.splat(0);
        let s01 = f64x2.splat(0);
        let s10 = f64x2.splat(0);
        let s11 = f64x2.splat(0);
        let s20 = f64x2.splat(0);
        let s21 = f64x2.splat(0);
        let s30 = f64x2.splat(0);
        let s31 = f64x2.splat(0);
        for (const end = wp + <usize>steps * 64; wp < end; wp += 64, hp += 32) {
          const w0 = v128.load(wp);
          const w1 = v128.load(wp, 16);
          let x = v128.load64_splat(hp);
          danger = watched(rule, danger, s00, w0, x, p);
          s00 = step(rule, mode, s00, w0, x, p);
          danger = watched(rule, danger, s01, w1, x, p);
          s01 = step(rule, mode, s01, w1, x, p);
          x = v128.load64_splat(hp, 8);
          danger = watched(rule, danger, s10, w0, x, p);
          s10 = step(rule, mode, s10, w0, x, p);
          danger = watched(rule, danger, s11, w1, x, p);
          s11 = step(rule, mode, s11, w1, x, p);
          x = v128.load64_splat(hp, 16);
          danger = watched(rule, danger, s20, w0, x, p);
          s20 = step(rule, mode, s20, w0, x, p);
          danger = watched(rule, danger, s21, w1, x, p);
          s21 = step(rule, mode, s21, w1, x, p);
          x = v128.load64_splat(hp, 24);
          danger = watched(rule, danger, s30, w0, x, p);
          s30 = step(rule, mode, s30, w0, x, p);
          danger = watched(rule, danger, s31, w1, x, p);
          s31 = step(rule, mode, s31, w1, x, p);
        }
        const first = from == 0;
        addBlock(rule, mode, c0, first, s00, p);
        addBlock(rule, mode, c0 + 16, first, s01, p);
        addBlock(rule, mode, c1, first, s10, p);
        addBlock(rule, mode, c1 + 16, first, s11, p);
        addBlock(rule, mode, c2, first, s20, p);
        addBlock(rule, mode, c2 + 16, first, s21, p);
        addBlock(rule, mode, c3, first, s30, p);
        addBlock(rule, mode, c3 + 16, first, s31, p);
        from += block;
      } while (from < length);
      if ((rule == WATCH || rule == WATCH32) && v128.any_true(danger)) {
        const wt = w + <usize>(half >> 1) * panelBytes;
        const ht = h + <usize>tile * tileBytes;
        const ct = c + <usize>(half >> 1) * 64 + <usize>tile * 4 * stride;
        if (rule == WATCH) matrix64_fmaSelect(wt, 1, ht, 1, length, block, ct, stride, p);
        else matrix64_fma32Select(wt, 1, ht, 1, length, block, ct, stride, p);
      }
    }
  }
}

/** One row by panels, two panels at a time. h: one row, its terms `hStep` bytes apart. */
@inline
function vector(
  rule: i32,
  mode: i32,
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  const panelBytes = <usize>length * 64;
  for (let panel = 0; panel < panels; panel += 2) {
    // Where only one is left, it is computed twice.
    const b = min(panel + 1, panels - 1);
    let w0 = w + <usize>panel * panelBytes;
    let w1 = w + <usize>b * panelBytes;
    let hp = h;
    let danger = i64x2.splat(0);
    let from = 0;
    do {
      const steps = min(block, length - from);
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      let s4 = f64x2.splat(0);
      let s5 = f64x2.splat(0);
      let s6 = f64x2.splat(0);
      let s7 = f64x2.splat(0);
      for (const end = w0 + <usize>steps * 64; w0 < end; w0 += 64, w1 += 64, hp += hStep) {
        const x = v128.load64_splat(hp);
        danger = watched(rule, danger, s0, v128.load(w0), x, p);
        s0 = step(rule, mode, s0, v128.load(w0), x, p);
        danger = watched(rule, danger, s1, v128.load(w0, 16), x, p);
        s1 = step(rule, mode, s1, v128.load(w0, 16), x, p);
        danger = watched(rule, danger, s2, v128.load(w0, 32), x, p);
        s2 = step(rule, mode, s2, v128.load(w0, 32), x, p);
        danger = watched(rule, danger, s3, v128.load(w0, 48), x, p);
        s3 = step(rule, mode, s3, v128.load(w0, 48), x, p);
        danger = watched(rule, danger, s4, v128.load(w1), x, p);
        s4 = step(rule, mode, s4, v128.load(w1), x, p);
        danger = watched(rule, danger, s5, v128.load(w1, 16), x, p);
        s5 = step(rule, mode, s5, v128.load(w1, 16), x, p);
        danger = watched(rule, danger, s6, v128.load(w1, 32), x, p);
        s6 = step(rule, mode, s6, v128.load(w1, 32), x, p);
        danger = watched(rule, danger, s7, v128.load(w1, 48), x, p);
        s7 = step(rule, mode, s7, v128.load(w1, 48), x, p);
      }
      const first = from == 0;
      const r0 = c + <usize>panel * 64;
      const r1 = c + <usize>b * 64;
      addBlock(rule, mode, r0, first, s0, p);
      addBlock(rule, mode, r0 + 16, first, s1, p);
      addBlock(rule, mode, r0 + 32, first, s2, p);
      addBlock(rule, mode, r0 + 48, first, s3, p);
      if (b > panel) {
        addBlock(rule, mode, r1, first, s4, p);
        addBlock(rule, mode, r1 + 16, first, s5, p);
        addBlock(rule, mode, r1 + 32, first, s6, p);
        addBlock(rule, mode, r1 + 48, first, s7, p);
      }
      from += block;
    } while (from < length);
    if ((rule == WATCH || rule == WATCH32) && v128.any_true(danger)) {
      const wt = w + <usize>panel * panelBytes;
      const ct = c + <usize>panel * 64;
      if (rule == WATCH) vector64_fmaSelect(wt, b - panel + 1, h, hStep, length, block, ct, p);
      else vector64_fma32Select(wt, b - panel + 1, h, hStep, length, block, ct, p);
    }
  }
}

// One export per product rule and rounding; ../src/kernels.ts chooses.

export function matrix64_binary64(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT, NONE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_binary64(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT, NONE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_binary64Saturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ROUNDED, CLAMP, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_binary64Saturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ROUNDED, CLAMP, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fmaMagic(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT, MAGIC, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fmaMagic(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT, MAGIC, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fmaScale(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT, SCALE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fmaScale(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT, SCALE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fmaSaturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT, SATURATE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fmaSaturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT, SATURATE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fmaSelect(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ODD, SELECT, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fmaSelect(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ODD, SELECT, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fma32Magic(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT32, MAGIC, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fma32Magic(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT32, MAGIC, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fma32Scale(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT32, SCALE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fma32Scale(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT32, SCALE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fma32Saturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(EXACT32, SATURATE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fma32Saturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(EXACT32, SATURATE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fma32Select(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ODD32, SELECT, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fma32Select(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ODD32, SELECT, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_roundedMagic(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ROUNDED, MAGIC, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_roundedMagic(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ROUNDED, MAGIC, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_roundedSaturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ROUNDED, SATURATE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_roundedSaturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ROUNDED, SATURATE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_roundedSelect(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ROUNDED, SELECT, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_roundedSelect(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ROUNDED, SELECT, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_add32Select(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(ADD32, SELECT, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_add32Select(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(ADD32, SELECT, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fmaWatchMagic(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(WATCH, MAGIC, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fmaWatchMagic(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(WATCH, MAGIC, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fmaWatchSaturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(WATCH, SATURATE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fmaWatchSaturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(WATCH, SATURATE, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fma32WatchMagic(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(WATCH32, MAGIC, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fma32WatchMagic(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(WATCH32, MAGIC, w, panels, h, hStep, length, block, c, p);
}

export function matrix64_fma32WatchSaturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
): void {
  matrix(WATCH32, SATURATE, w, panels, h, tiles, length, block, c, stride, p);
}

export function vector64_fma32WatchSaturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
): void {
  vector(WATCH32, SATURATE, w, panels, h, hStep, length, block, c, p);
}
