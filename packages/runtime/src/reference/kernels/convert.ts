// One element from one type to another: what Cast, CastLike and the quantizing operators are made of.
import {
  bitsOf,
  isFloat,
  isInteger,
  isNarrow,
  narrowRounding,
  type ElementType,
  type ScaleRounding,
} from "@mpplan/ir";

export type Element = number | bigint | string;

export interface ConvertOptions {
  /** For floats of 8 bits: values beyond the largest become that, else infinity or NaN. Default: true. */
  readonly saturate?: boolean;
  /** For `float8e8m0`. Default: up. */
  readonly scale?: ScaleRounding;
}

/** Converts one element; ops/cast.ts of the IR says what happens to values that are out of range. */
export function converter(
  from: ElementType,
  to: ElementType,
  options: ConvertOptions = {},
): (x: Element) => Element {
  if (from === "string") return fromText(to, options);
  return fromNumber(from, to, options) as (x: Element) => Element;
}

function fromText(to: ElementType, options: ConvertOptions): (x: Element) => Element {
  if (to === "string") return (x) => x;
  if (to === "int64" || to === "uint64") {
    const convert = fromNumber("float64", to, options);
    return (x) => (/^\s*[+-]?\d+\s*$/.test(x as string) ? BigInt(x) : convert(parseNumber(x as string)));
  }
  const convert = fromNumber("float64", to, options);
  return (x) => convert(parseNumber(x as string));
}

/** As ONNX spells numbers: plain or scientific, and INF, +INF, -INF, NaN in any case. */
function parseNumber(text: string): number {
  const infinite = /^\s*([+-]?)inf(inity)?\s*$/i.exec(text);
  if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
  return Number(text.trim() === "" ? "x" : text);
}

function fromNumber(
  from: ElementType,
  to: ElementType,
  { saturate = true, scale = "up" }: ConvertOptions,
): (x: number | bigint) => Element {
  if (to === "string") return printer(from);
  if (to === "bool") return (x) => (Number(x) !== 0 ? 1 : 0);
  if (to === "float64") return (x) => Number(x);
  if (to === "float32") return (x) => Math.fround(typeof x === "bigint" ? oddDouble(x) : x);
  if (isNarrow(to)) {
    // Saturation is a choice for 8 bits only: 16 bits overflow to infinity, 4 bits have none.
    const overflow =
      to === "float4e2m1" || (to !== "float16" && to !== "bfloat16" && saturate) ? "saturate" : "infinity";
    const round = narrowRounding(to, { overflow, scale });
    return (x) => round(typeof x === "bigint" ? oddDouble(x) : x);
  }
  if (to === "int64" || to === "uint64") return isFloat(from) ? saturating(to, BigInt) : (x) => BigInt(x);
  if (isFloat(from) && bitsOf(to) >= 8) return saturating(to, Number);
  if (isFloat(from)) {
    const wrap = wrapping(to);
    // ONNX's own cases wrap here what is out of range.
    return (x) => wrap(Number.isFinite(x) ? BigInt(Math.trunc(Number(x))) : 0n);
  }
  return wrapping(to);
}

/** Keeps the low bits of an integer, as the type's own arithmetic would. */
export function wrapping(to: ElementType): (x: number | bigint) => number {
  const bits = bitsOf(to);
  const wrap = to.startsWith("u") ? BigInt.asUintN : BigInt.asIntN;
  // What is stored in 8 bits and more wraps by itself.
  if (bits >= 8) return (x) => (typeof x === "bigint" ? Number(BigInt.asIntN(32, x)) : x);
  return (x) => Number(wrap(bits, BigInt(x)));
}

/** The least and the largest integer of a type. */
export function integerLimits(elem: ElementType): [bigint, bigint] {
  if (!isInteger(elem)) throw new Error(`internal: ${elem} is no integer type`);
  const bits = BigInt(bitsOf(elem));
  return elem.startsWith("u") ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

/** Truncates toward zero and clamps; NaN becomes 0. */
function saturating<T extends number | bigint>(
  to: ElementType,
  make: (x: number | bigint) => T,
): (x: number | bigint) => T {
  const [low, high] = integerLimits(to);
  const [least, most] = [make(low), make(high)];
  return (x) => {
    if (Number.isNaN(x)) return make(0);
    if (x <= low) return least;
    return x >= high ? most : make(Math.trunc(Number(x)));
  };
}

/**
 * A double that rounds to any type of at most 25 bits as the integer does: beyond 2^53 the lowest bits count only as
 * "some" or "none", which the last bit of what remains can tell.
 */
function oddDouble(x: bigint): number {
  const size = x < 0n ? -x : x;
  if (size < 2n ** 53n) return Number(x);
  const sticky = size & 2047n ? 1n : 0n;
  const rounded = Number((size >> 11n) | sticky) * 2048;
  return x < 0n ? -rounded : rounded;
}

/** The shortest text that reads back as the same number of the type. */
function printer(from: ElementType): (x: number | bigint) => string {
  const round = isNarrow(from) ? narrowRounding(from) : from === "float32" ? Math.fround : (x: number) => x;
  return (x) => {
    if (typeof x === "bigint") return String(x);
    if (Number.isNaN(x)) return "NaN";
    if (Math.abs(x) === Infinity) return x < 0 ? "-INF" : "INF";
    for (let digits = 1; digits < 17; digits++) {
      const text = x.toPrecision(digits);
      if (round(Number(text)) === x) return String(Number(text));
    }
    return String(x);
  };
}
