// Sums in f32 lanes. Lanes are neurons: a panel holds 8 of them, term after term, and every neuron keeps its order.
import { CLAMP, CLAMP_SCALE, MAGIC, NONE, OUTER, SATURATE, SCALE, SELECT, round32 } from "./round";

/** How the outer sum of blocks is rounded: as the inner one, not (binary32), or as the second set of constants says. */
const OUTER_SAME: i32 = 0;
const OUTER_BINARY32: i32 = 1;

/** One step of a sum: `product` rounds the product, `sum` the sum. */
@inline
function step(product: i32, sum: i32, s: v128, w: v128, h: v128, p: usize): v128 {
  return round32(sum, f32x4.add(s, round32(product, f32x4.mul(w, h), p)), p);
}

/** Adds a finished block to the outer sum kept at c. */
@inline
function addBlock(sum: i32, c: usize, first: bool, s: v128, p: usize, outer: i32): void {
  const total = f32x4.add(first ? f32x4.splat(0) : v128.load(c), s);
  if (outer == OUTER_SAME) v128.store(c, round32(sum, total, p));
  else if (outer == OUTER_BINARY32) v128.store(c, round32(CLAMP, total, p + OUTER));
  else v128.store(c, round32(SELECT, total, p + OUTER));
}

/**
 * Rows by panels. w: panels of [K][8]; h: tiles of [K][4] rows; c: rows of `stride` bytes.
 * Panels are walked outside: one stays in the first-level cache while all the rows pass.
 */
@inline
function matrix(
  product: i32,
  sum: i32,
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  const panelBytes = <usize>length * 32;
  const tileBytes = <usize>length * 16;
  for (let panel = 0; panel < panels; panel++) {
    for (let tile = 0; tile < tiles; tile++) {
      let wp = w + <usize>panel * panelBytes;
      let hp = h + <usize>tile * tileBytes;
      const c0 = c + <usize>panel * 32 + <usize>tile * 4 * stride;
      const c1 = c0 + stride;
      const c2 = c1 + stride;
      const c3 = c2 + stride;
      let from = 0;
      do {
        const steps = min(block, length - from);
        let s00 = f32x4.splat(0);
        let s01 = f32x4.splat(0);
        let s10 = f32x4.splat(0);
        let s11 = f32x4.splat(0);
        let s20 = f32x4.splat(0);
        let s21 = f32x4.splat(0);
        let s30 = f32x4.splat(0);
        let s31 = f32x4.splat(0);
        for (const end = wp + <usize>steps * 32; wp < end; wp += 32, hp += 16) {
          const w0 = v128.load(wp);
          const w1 = v128.load(wp, 16);
          let x = v128.load32_splat(hp);
          s00 = step(product, sum, s00, w0, x, p);
          s01 = step(product, sum, s01, w1, x, p);
          x = v128.load32_splat(hp, 4);
          s10 = step(product, sum, s10, w0, x, p);
          s11 = step(product, sum, s11, w1, x, p);
          x = v128.load32_splat(hp, 8);
          s20 = step(product, sum, s20, w0, x, p);
          s21 = step(product, sum, s21, w1, x, p);
          x = v128.load32_splat(hp, 12);
          s30 = step(product, sum, s30, w0, x, p);
          s31 = step(product, sum, s31, w1, x, p);
        }
        const first = from == 0;
        addBlock(sum, c0, first, s00, p, outer);
        addBlock(sum, c0 + 16, first, s01, p, outer);
        addBlock(sum, c1, first, s10, p, outer);
        addBlock(sum, c1 + 16, first, s11, p, outer);
        addBlock(sum, c2, first, s20, p, outer);
        addBlock(sum, c2 + 16, first, s21, p, outer);
        addBlock(sum, c3, first, s30, p, outer);
        addBlock(sum, c3 + 16, first, s31, p, outer);
        from += block;
      } while (from < length);
    }
  }
}

/** One row by panels, four panels at a time. h: one row, its terms `hStep` bytes apart. */
@inline
function vector(
  product: i32,
  sum: i32,
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  const panelBytes = <usize>length * 32;
  for (let panel = 0; panel < panels; panel += 4) {
    // Where fewer than four are left, the last one stands in: it is computed more than once.
    const b = min(panel + 1, panels - 1);
    const d = min(panel + 2, panels - 1);
    const e = min(panel + 3, panels - 1);
    let w0 = w + <usize>panel * panelBytes;
    let w1 = w + <usize>b * panelBytes;
    let w2 = w + <usize>d * panelBytes;
    let w3 = w + <usize>e * panelBytes;
    let hp = h;
    let from = 0;
    do {
      const steps = min(block, length - from);
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      let s4 = f32x4.splat(0);
      let s5 = f32x4.splat(0);
      let s6 = f32x4.splat(0);
      let s7 = f32x4.splat(0);
      for (const end = w0 + <usize>steps * 32; w0 < end; w0 += 32, w1 += 32, w2 += 32, w3 += 32, hp += hStep) {
        const x = v128.load32_splat(hp);
        s0 = step(product, sum, s0, v128.load(w0), x, p);
        s1 = step(product, sum, s1, v128.load(w0, 16), x, p);
        s2 = step(product, sum, s2, v128.load(w1), x, p);
        s3 = step(product, sum, s3, v128.load(w1, 16), x, p);
        s4 = step(product, sum, s4, v128.load(w2), x, p);
        s5 = step(product, sum, s5, v128.load(w2, 16), x, p);
        s6 = step(product, sum, s6, v128.load(w3), x, p);
        s7 = step(product, sum, s7, v128.load(w3, 16), x, p);
      }
      const first = from == 0;
      const r0 = c + <usize>panel * 32;
      const r1 = c + <usize>b * 32;
      const r2 = c + <usize>d * 32;
      const r3 = c + <usize>e * 32;
      addBlock(sum, r0, first, s0, p, outer);
      addBlock(sum, r0 + 16, first, s1, p, outer);
      if (b > panel) {
        addBlock(sum, r1, first, s2, p, outer);
        addBlock(sum, r1 + 16, first, s3, p, outer);
      }
      if (d > b) {
        addBlock(sum, r2, first, s4, p, outer);
        addBlock(sum, r2 + 16, first, s5, p, outer);
      }
      if (e > d) {
        addBlock(sum, r3, first, s6, p, outer);
        addBlock(sum, r3 + 16, first, s7, p, outer);
      }
      from += block;
    } while (from < length);
  }
}

/**
 * Panels that stand one after another, each by a row of its own, four panels at a time. rows: where each begins behind
 * `h`, in bytes; the terms of a row are `hStep` bytes apart.
 */
@inline
function gathered(
  product: i32,
  sum: i32,
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  const panelBytes = <usize>length * 32;
  for (let panel = 0; panel < panels; panel += 4) {
    // Where fewer than four are left, the last one stands in: it is computed more than once.
    const b = min(panel + 1, panels - 1);
    const d = min(panel + 2, panels - 1);
    const e = min(panel + 3, panels - 1);
    let w0 = w + <usize>panel * panelBytes;
    let w1 = w + <usize>b * panelBytes;
    let w2 = w + <usize>d * panelBytes;
    let w3 = w + <usize>e * panelBytes;
    const h0 = h + <usize>load<u32>(rows + <usize>panel * 4);
    const h1 = h + <usize>load<u32>(rows + <usize>b * 4) - h0;
    const h2 = h + <usize>load<u32>(rows + <usize>d * 4) - h0;
    const h3 = h + <usize>load<u32>(rows + <usize>e * 4) - h0;
    let hp = h0;
    let from = 0;
    do {
      const steps = min(block, length - from);
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      let s4 = f32x4.splat(0);
      let s5 = f32x4.splat(0);
      let s6 = f32x4.splat(0);
      let s7 = f32x4.splat(0);
      for (const end = w0 + <usize>steps * 32; w0 < end; w0 += 32, w1 += 32, w2 += 32, w3 += 32, hp += hStep) {
        let x = v128.load32_splat(hp);
        s0 = step(product, sum, s0, v128.load(w0), x, p);
        s1 = step(product, sum, s1, v128.load(w0, 16), x, p);
        x = v128.load32_splat(hp + h1);
        s2 = step(product, sum, s2, v128.load(w1), x, p);
        s3 = step(product, sum, s3, v128.load(w1, 16), x, p);
        x = v128.load32_splat(hp + h2);
        s4 = step(product, sum, s4, v128.load(w2), x, p);
        s5 = step(product, sum, s5, v128.load(w2, 16), x, p);
        x = v128.load32_splat(hp + h3);
        s6 = step(product, sum, s6, v128.load(w3), x, p);
        s7 = step(product, sum, s7, v128.load(w3, 16), x, p);
      }
      const first = from == 0;
      const r0 = c + <usize>panel * 32;
      const r1 = c + <usize>b * 32;
      const r2 = c + <usize>d * 32;
      const r3 = c + <usize>e * 32;
      addBlock(sum, r0, first, s0, p, outer);
      addBlock(sum, r0 + 16, first, s1, p, outer);
      if (b > panel) {
        addBlock(sum, r1, first, s2, p, outer);
        addBlock(sum, r1 + 16, first, s3, p, outer);
      }
      if (d > b) {
        addBlock(sum, r2, first, s4, p, outer);
        addBlock(sum, r2 + 16, first, s5, p, outer);
      }
      if (e > d) {
        addBlock(sum, r3, first, s6, p, outer);
        addBlock(sum, r3 + 16, first, s7, p, outer);
      }
      from += block;
    } while (from < length);
  }
}

// One export per product rule and rounding; ../src/kernels.ts chooses.

export function matrix32_binary32(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(NONE, NONE, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_binary32(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(NONE, NONE, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_binary32(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(NONE, NONE, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_binary32Saturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(NONE, CLAMP, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_binary32Saturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(NONE, CLAMP, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_binary32Saturate(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(NONE, CLAMP, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_magic(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(NONE, MAGIC, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_magic(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(NONE, MAGIC, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_magic(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(NONE, MAGIC, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_scale(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(NONE, SCALE, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_scale(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(NONE, SCALE, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_scale(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(NONE, SCALE, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_saturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(NONE, SATURATE, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_saturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(NONE, SATURATE, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_saturate(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(NONE, SATURATE, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_select(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(NONE, SELECT, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_select(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(NONE, SELECT, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_select(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(NONE, SELECT, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_rounded(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(MAGIC, SCALE, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_rounded(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(MAGIC, SCALE, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_rounded(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(MAGIC, SCALE, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_roundedSaturate(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(SATURATE, CLAMP_SCALE, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_roundedSaturate(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(SATURATE, CLAMP_SCALE, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_roundedSaturate(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(SATURATE, CLAMP_SCALE, w, panels, h, rows, hStep, length, block, c, p, outer);
}

export function matrix32_roundedSelect(
  w: usize,
  panels: i32,
  h: usize,
  tiles: i32,
  length: i32,
  block: i32,
  c: usize,
  stride: usize,
  p: usize,
  outer: i32,
): void {
  matrix(SELECT, SELECT, w, panels, h, tiles, length, block, c, stride, p, outer);
}

export function vector32_roundedSelect(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  vector(SELECT, SELECT, w, panels, h, hStep, length, block, c, p, outer);
}

export function gathered32_roundedSelect(
  w: usize,
  panels: i32,
  h: usize,
  rows: usize,
  hStep: usize,
  length: i32,
  block: i32,
  c: usize,
  p: usize,
  outer: i32,
): void {
  gathered(SELECT, SELECT, w, panels, h, rows, hStep, length, block, c, p, outer);
}
