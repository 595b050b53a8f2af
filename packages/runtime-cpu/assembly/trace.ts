// What calibration wants of the partial sums of one low accumulator: the same steps as the reference's tracer.

// Constants, one vector each: smallest normal value and 2^(1 - t), of the inner and of the outer format.
const MIN_NORMAL: usize = 0;
const UNIT: usize = 16;
const OUTER: usize = 32;

@inline
function squaredUlp(size: v128, p: usize): v128 {
  const power = f64x2.pmax(v128.and(size, i64x2.splat(0x7ff0000000000000)), v128.load(p, MIN_NORMAL));
  const ulp = f64x2.mul(power, v128.load(p, UNIT));
  return f64x2.mul(ulp, ulp);
}

/**
 * One row of finite numbers by panels [K][8] in binary64. Per neuron, in four lists of 8 x panels at `result`: the
 * largest |partial sum| over the steps in the inner format, and over those in the outer one; the sum of squared
 * partial sums over the steps that can round; that of their squared ulps. A bias is 8 x panels numbers, or address 0.
 */
export function trace64(
  w: usize,
  panels: i32,
  h: usize,
  hStep: usize,
  length: i32,
  block: i32,
  bias: usize,
  alpha: f64,
  beta: f64,
  p: usize,
  result: usize,
): void {
  const listBytes = <usize>panels * 64;
  const zero = f64x2.splat(0);
  for (let quarter = 0; quarter < 4 * panels; quarter++) {
    let wp = w + <usize>(quarter >> 2) * <usize>length * 64 + <usize>(quarter & 3) * 16;
    let hp = h;
    let inner = zero;
    let outer = zero;
    let squares = zero;
    let ulps = zero;
    let total = zero;
    for (let from = 0; from < length; from += block) {
      let partial = zero;
      const end = wp + <usize>min(block, length - from) * 64;
      for (; wp < end; wp += 64, hp += hStep) {
        const term = f64x2.mul(v128.load(wp), v128.load64_splat(hp));
        const counts = f64x2.ne(term, zero);
        partial = f64x2.add(partial, term);
        const size = f64x2.abs(partial);
        inner = f64x2.pmax(inner, size);
        squares = f64x2.add(squares, v128.and(f64x2.mul(size, size), counts));
        ulps = f64x2.add(ulps, v128.and(squaredUlp(size, p), counts));
      }
      if (block >= length) {
        total = partial;
      } else {
        total = f64x2.add(total, partial);
        const counts = v128.and(f64x2.ne(partial, zero), f64x2.ne(total, partial));
        const size = v128.and(f64x2.abs(total), counts);
        outer = f64x2.pmax(outer, size);
        squares = f64x2.add(squares, f64x2.mul(size, size));
        ulps = f64x2.add(ulps, v128.and(squaredUlp(size, p + OUTER), counts));
      }
    }
    const at = <usize>quarter * 16;
    const scaled = f64x2.mul(f64x2.splat(alpha), total);
    if (alpha != 1) {
      const size = f64x2.abs(scaled);
      outer = f64x2.pmax(outer, size);
      squares = f64x2.add(squares, f64x2.mul(size, size));
      ulps = f64x2.add(ulps, squaredUlp(size, p + OUTER));
    }
    if (bias) {
      const term = f64x2.mul(f64x2.splat(beta), v128.load(bias + at));
      const counts = f64x2.ne(term, zero);
      const size = v128.and(f64x2.abs(f64x2.add(scaled, term)), counts);
      outer = f64x2.pmax(outer, size);
      squares = f64x2.add(squares, f64x2.mul(size, size));
      ulps = f64x2.add(ulps, v128.and(squaredUlp(size, p + OUTER), counts));
    }
    v128.store(result + at, inner);
    v128.store(result + at + listBytes, outer);
    v128.store(result + at + 2 * listBytes, squares);
    v128.store(result + at + 3 * listBytes, ulps);
  }
}
