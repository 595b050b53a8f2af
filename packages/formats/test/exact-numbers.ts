// Sums and products of doubles without any error, as integers times a power of two, and their rounding from the
// definition. Shares nothing with the code under test but the wish to be right.

/** integer * 2^exponent */
export interface Exact {
  readonly integer: bigint;
  readonly exponent: number;
}

/** Which mode, or round to odd; stochastic with the random integer that is drawn. */
export type ExactMode = "nearest-even" | "toward-zero" | "odd" | { readonly draw: number };

export function exactOf(x: number): Exact {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const size = field === 0 ? fraction : fraction | (1n << 52n);
  return { integer: bits >> 63n === 1n ? -size : size, exponent: Math.max(field, 1) - 1075 };
}

export function plus(a: Exact, b: Exact): Exact {
  const exponent = Math.min(a.exponent, b.exponent);
  const shifted = (x: Exact) => x.integer << BigInt(x.exponent - exponent);
  return { integer: shifted(a) + shifted(b), exponent };
}

export function times(a: Exact, b: Exact): Exact {
  return { integer: a.integer * b.integer, exponent: a.exponent + b.exponent };
}

/** Rounds to `precision` bits above 2^minExponent, to the same spacing below it, with no upper limit. Zero is +0. */
export function roundExact(x: Exact, precision: number, minExponent: number, mode: ExactMode): number {
  const size = x.integer < 0n ? -x.integer : x.integer;
  if (size === 0n) return 0;
  const exponent = x.exponent + size.toString(2).length - 1;
  const unit = Math.max(exponent, minExponent) - precision + 1;
  const dropped = BigInt(unit - x.exponent);
  let whole = size << -dropped;
  if (dropped > 0n) {
    whole = size >> dropped;
    const rest = size - (whole << dropped);
    if (awayFromZero(whole, rest, 1n << dropped, mode)) whole += 1n;
  }
  if (whole === 0n) return 0;
  return (x.integer < 0n ? -1 : 1) * Number(whole) * 2 ** unit;
}

function awayFromZero(whole: bigint, rest: bigint, one: bigint, mode: ExactMode): boolean {
  const even = (whole & 1n) === 0n;
  if (mode === "toward-zero") return false;
  if (mode === "odd") return rest > 0n && even;
  if (mode === "nearest-even") return 2n * rest > one || (2n * rest === one && !even);
  return BigInt(mode.draw) * one < rest << 24n;
}
