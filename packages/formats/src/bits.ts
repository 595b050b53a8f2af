// Exact powers of two and neighbours in binary64, read from and written to the bits. Math.log2 and ** are
// "implementation-approximated" in ECMAScript, so they may not decide an exponent.

const view = new DataView(new ArrayBuffer(8));

/** floor(log2 |x|) of a finite nonzero x. Every subnormal double gives -1023, below the range of every format here. */
export function exponentOf(x: number): number {
  view.setFloat64(0, x);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** 2^exponent exactly, for -1074 <= exponent <= 1023. */
export function powerOfTwo(exponent: number): number {
  // Number.EPSILON is 2^-52, and the product of two powers of two is exact down to 2^-1074.
  if (exponent < -1022) return powerOfTwo(exponent + 52) * Number.EPSILON;
  view.setUint32(0, (exponent + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/** The bits of a double as an integer: for x >= 0 its rank among the doubles. */
export function doubleToBits(x: number): bigint {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}

/** The double with these bits. */
export function bitsToDouble(bits: bigint): number {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** The next double below x > 0. */
export function doubleBelow(x: number): number {
  return bitsToDouble(doubleToBits(x) - 1n);
}
