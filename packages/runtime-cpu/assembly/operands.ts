// Operands brought into the order in which the kernels read them, and what can be said of a whole operand.
// Patterns of binary32 are moved as they are, but a NaN becomes the canonical one.

@inline
function canonical(x: f32): f32 {
  return x == x ? x : <f32>NaN;
}

/**
 * Columns of a matrix into panels [columns/8][length][8]; missing columns are zeros.
 * Element (column, k) is read at src + map[column] * columnStep + k * kStep, all in bytes; no map counts from 0.
 */
export function packPanels32(
  src: usize,
  map: usize,
  columns: i32,
  columnStep: usize,
  length: i32,
  kStep: usize,
  dst: usize,
): void {
  const panels = (columns + 7) >> 3;
  for (let panel = 0; panel < panels; panel++) {
    const base = dst + <usize>panel * <usize>length * 32;
    for (let j = 0; j < 8; j++) {
      const column = panel * 8 + j;
      let at = base + <usize>j * 4;
      if (column >= columns) {
        for (let k = 0; k < length; k++, at += 32) store<f32>(at, 0);
        continue;
      }
      let from = src + (map ? <usize>load<i32>(map + <usize>column * 4) : <usize>column) * columnStep;
      for (let k = 0; k < length; k++, at += 32, from += kStep) store<f32>(at, canonical(load<f32>(from)));
    }
  }
}

/** The same in binary64. */
export function packPanels64(
  src: usize,
  map: usize,
  columns: i32,
  columnStep: usize,
  length: i32,
  kStep: usize,
  dst: usize,
): void {
  const panels = (columns + 7) >> 3;
  for (let panel = 0; panel < panels; panel++) {
    const base = dst + <usize>panel * <usize>length * 64;
    for (let j = 0; j < 8; j++) {
      const column = panel * 8 + j;
      let at = base + <usize>j * 8;
      if (column >= columns) {
        for (let k = 0; k < length; k++, at += 64) store<f64>(at, 0);
        continue;
      }
      let from = src + (map ? <usize>load<i32>(map + <usize>column * 4) : <usize>column) * columnStep;
      for (let k = 0; k < length; k++, at += 64, from += kStep) store<f64>(at, load<f64>(from));
    }
  }
}

/** Rows into tiles [rows/4][length][4]; missing rows are zeros. */
export function packTiles32(
  src: usize,
  rows: i32,
  rowStep: usize,
  length: i32,
  kStep: usize,
  dst: usize,
): void {
  for (let row = 0; row < ((rows + 3) & ~3); row++) {
    let at = dst + <usize>(row >> 2) * <usize>length * 16 + <usize>(row & 3) * 4;
    let from = src + <usize>row * rowStep;
    if (row < rows) {
      for (let k = 0; k < length; k++, at += 16, from += kStep) store<f32>(at, canonical(load<f32>(from)));
    } else {
      for (let k = 0; k < length; k++, at += 16) store<f32>(at, 0);
    }
  }
}

export function packTiles64(
  src: usize,
  rows: i32,
  rowStep: usize,
  length: i32,
  kStep: usize,
  dst: usize,
): void {
  for (let row = 0; row < ((rows + 3) & ~3); row++) {
    let at = dst + <usize>(row >> 2) * <usize>length * 32 + <usize>(row & 3) * 8;
    let from = src + <usize>row * rowStep;
    if (row < rows) {
      for (let k = 0; k < length; k++, at += 32, from += kStep) store<f64>(at, load<f64>(from));
    } else {
      for (let k = 0; k < length; k++, at += 32) store<f64>(at, 0);
    }
  }
}

/**
 * Patches of a padded image into tiles. `places` holds one byte offset per row, `taps` one per term; a tile whose
 * four places lie side by side is read four at a time.
 */
export function packPatches32(image: usize, places: usize, rows: i32, taps: usize, length: i32, dst: usize): void {
  for (let row = 0; row < rows; row += 4, places += 16) {
    const a = load<u32>(places);
    // Missing rows read what the last one reads: their sums are not looked at.
    const b = row + 1 < rows ? load<u32>(places, 4) : a;
    const c = row + 2 < rows ? load<u32>(places, 8) : b;
    const d = row + 3 < rows ? load<u32>(places, 12) : c;
    const end = taps + <usize>length * 4;
    if (b == a + 4 && c == a + 8 && d == a + 12) {
      const from = image + a;
      for (let t = taps; t < end; t += 4, dst += 16) v128.store(dst, v128.load(from + load<u32>(t)));
    } else {
      for (let t = taps; t < end; t += 4, dst += 16) {
        const from = image + load<u32>(t);
        store<u32>(dst, load<u32>(from + a));
        store<u32>(dst, load<u32>(from + b), 4);
        store<u32>(dst, load<u32>(from + c), 8);
        store<u32>(dst, load<u32>(from + d), 12);
      }
    }
  }
}

/** The same in binary64; offsets count the bytes of binary32 elements. */
export function packPatches64(image: usize, places: usize, rows: i32, taps: usize, length: i32, dst: usize): void {
  for (let row = 0; row < rows; row += 4, places += 16) {
    const a = <usize>load<u32>(places) * 2;
    const b = row + 1 < rows ? <usize>load<u32>(places, 4) * 2 : a;
    const c = row + 2 < rows ? <usize>load<u32>(places, 8) * 2 : b;
    const d = row + 3 < rows ? <usize>load<u32>(places, 12) * 2 : c;
    const end = taps + <usize>length * 4;
    for (let t = taps; t < end; t += 4, dst += 32) {
      const from = image + <usize>load<u32>(t) * 2;
      store<f64>(dst, load<f64>(from + a));
      store<f64>(dst, load<f64>(from + b), 8);
      store<f64>(dst, load<f64>(from + c), 16);
      store<f64>(dst, load<f64>(from + d), 24);
    }
  }
}

/** Rows of `length` elements into a zeroed, padded image: row i goes to dst + at[i]. NaN becomes canonical. */
export function padRows32(src: usize, rows: i32, length: i32, at: usize, dst: usize): void {
  for (let row = 0; row < rows; row++) {
    const to = dst + load<u32>(at + <usize>row * 4);
    for (let i: usize = 0; i < <usize>length * 4; i += 4, src += 4) store<f32>(to + i, canonical(load<f32>(src)));
  }
}

export function padRows64(src: usize, rows: i32, length: i32, at: usize, dst: usize): void {
  for (let row = 0; row < rows; row++) {
    const to = dst + <usize>load<u32>(at + <usize>row * 4) * 2;
    for (let i: usize = 0; i < <usize>length * 8; i += 8, src += 8) store<f64>(to + i, load<f64>(src));
  }
}

/** Zeros all the bytes. */
export function zero(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** n binary32 numbers as binary64. */
export function widen(src: usize, n: i32, dst: usize): void {
  for (const end = src + <usize>n * 4; src < end; src += 4, dst += 8) store<f64>(dst, <f64>load<f32>(src));
}

/** The same, as absolute values. */
export function widenAbs(src: usize, n: i32, dst: usize): void {
  for (const end = src + <usize>n * 4; src < end; src += 4, dst += 8) store<f64>(dst, abs(<f64>load<f32>(src)));
}

/**
 * Over the patterns of n numbers without their sign: the largest, the smallest that is not zero (less one), and all
 * of them or-ed. What is behind the last whole vector must be readable; it is masked.
 */
export function survey(src: usize, n: i32, result: usize): void {
  let largest = i32x4.splat(0);
  let smallest = i32x4.splat(-1);
  let union = i32x4.splat(0);
  const magnitude = i32x4.splat(0x7fffffff);
  const one = i32x4.splat(1);
  const whole = src + <usize>(n & ~3) * 4;
  for (; src < whole; src += 16) {
    const x = v128.and(v128.load(src), magnitude);
    largest = i32x4.max_u(largest, x);
    smallest = i32x4.min_u(smallest, i32x4.sub(x, one));
    union = v128.or(union, x);
  }
  for (let i = n & 3; i > 0; i--, src += 4) {
    // Four times the same number.
    const x = v128.and(v128.load32_splat(src), magnitude);
    largest = i32x4.max_u(largest, x);
    smallest = i32x4.min_u(smallest, i32x4.sub(x, one));
    union = v128.or(union, x);
  }
  v128.store(result, largest);
  v128.store(result, smallest, 16);
  v128.store(result, union, 32);
}

/** n binary32 numbers without their sign, n a multiple of 4. */
export function absolute32(src: usize, n: i32, dst: usize): void {
  for (const end = src + <usize>n * 4; src < end; src += 16, dst += 16) {
    v128.store(dst, f32x4.abs(v128.load(src)));
  }
}

/** Rows of a [*][length] matrix, chosen by their numbers, into panels of eight; the last one fills up. */
export function gatherPanels32(src: usize, list: usize, n: i32, length: i32, dst: usize): void {
  const rowBytes = <usize>length * 4;
  for (let half = 0; half < ((n + 7) >> 3) * 2; half++) {
    let a = src + <usize>load<u32>(list + <usize>min(half * 4, n - 1) * 4) * rowBytes;
    let b = src + <usize>load<u32>(list + <usize>min(half * 4 + 1, n - 1) * 4) * rowBytes;
    let c = src + <usize>load<u32>(list + <usize>min(half * 4 + 2, n - 1) * 4) * rowBytes;
    let d = src + <usize>load<u32>(list + <usize>min(half * 4 + 3, n - 1) * 4) * rowBytes;
    let to = dst + <usize>(half >> 1) * <usize>length * 32 + <usize>(half & 1) * 16;
    for (let k = length >> 2; k > 0; k--, a += 16, b += 16, c += 16, d += 16, to += 128) {
      const w0 = v128.load(a);
      const w1 = v128.load(b);
      const w2 = v128.load(c);
      const w3 = v128.load(d);
      const low01 = v128.shuffle<f32>(w0, w1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(w0, w1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(w2, w3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(w2, w3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
      v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
      v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
    }
    for (let k = length & 3; k > 0; k--, a += 4, b += 4, c += 4, d += 4, to += 32) {
      store<u32>(to, load<u32>(a));
      store<u32>(to, load<u32>(b), 4);
      store<u32>(to, load<u32>(c), 8);
      store<u32>(to, load<u32>(d), 12);
    }
  }
}
