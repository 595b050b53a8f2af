// Conversions between element types; ops/cast.ts of the IR says what happens to values that are out of range.
import { isFloat, stringAttr, type ElementType } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, zeros } from "./tensors.js";

export const cast: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const to = stringAttr(node, "to") as ElementType;
  const convert = converter(x.elem, to);
  const result = zeros(to, x.dims);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  for (let i = 0; i < source.length; i++) target[i] = convert(source[i]!) as number;
  return [result];
};

/** Converts one element. The result is to be stored as `to`, which wraps integers that are too wide. */
export function converter(from: ElementType, to: ElementType): (x: number | bigint) => number | bigint {
  switch (to) {
    case "bool":
      return (x) => (Number(x) !== 0 ? 1 : 0);
    case "float64":
      return (x) => Number(x);
    case "float32":
      return (x) => (typeof x === "bigint" ? toFloat32(x) : Math.fround(x));
    case "int64":
    case "uint64":
      return isFloat(from) ? saturating(to, BigInt) : (x) => BigInt(x);
    case "int8":
    case "int16":
    case "int32":
    case "uint8":
    case "uint16":
    case "uint32":
      if (isFloat(from)) return saturating(to, Number);
      return (x) => (typeof x === "bigint" ? Number(BigInt.asIntN(32, x)) : x);
    default:
      return to satisfies never;
  }
}

/** Truncates toward zero and clamps; NaN becomes 0. */
function saturating<T extends number | bigint>(
  to: ElementType,
  make: (x: number | bigint) => T,
): (x: number | bigint) => T {
  const bits = BigInt(to.replace(/\D/g, ""));
  const [low, high] = to.startsWith("u")
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  const [least, most] = [make(low), make(high)];
  return (x) => {
    if (Number.isNaN(x)) return make(0);
    if (x <= low) return least;
    return x >= high ? most : make(Math.trunc(Number(x)));
  };
}

/** Rounds once. By way of a double, an integer beyond 2^53 would be rounded twice. */
function toFloat32(x: bigint): number {
  const size = x < 0n ? -x : x;
  if (size < 2n ** 53n) return Math.fround(Number(x));
  // The 11 lowest bits count only as "some" or "none", which the last bit of what remains can tell.
  const sticky = size & 2047n ? 1n : 0n;
  const rounded = Math.fround(Number((size >> 11n) | sticky)) * 2048;
  return x < 0n ? -rounded : rounded;
}
