// Elementwise arithmetic on two broadcast tensors. Integers wrap: a typed array keeps the low bits of what is stored.
import { isFloat, shapeError, type Node, type Tensor, type TensorData } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { converter } from "./convert.js";
import { combined, type Combine } from "./elementwise.js";
import { elementsOf, isBig, outputDims } from "./tensors.js";

/** One operation on floats, on integers of up to 32 bits, and on those of 64. */
interface Arithmetic {
  float(x: number, y: number): number;
  integer(x: number, y: number): number;
  big(x: bigint, y: bigint): bigint;
}

export const add = arithmetic({
  float: (x, y) => x + y,
  integer: (x, y) => x + y,
  big: (x, y) => x + y,
});

export const div = arithmetic(
  {
    float: (x, y) => x / y,
    // No quotient of 32-bit integers lies so close below an integer that binary64 would round it up.
    integer: (x, y) => Math.trunc(x / y),
    big: (x, y) => x / y,
  },
  refuseZeroDivisor,
);

export const mul = arithmetic({
  float: (x, y) => x * y,
  // The low 32 bits, which a product in binary64 would round away.
  integer: (x, y) => Math.imul(x, y),
  big: (x, y) => x * y,
});

export const sub = arithmetic({
  float: (x, y) => x - y,
  integer: (x, y) => x - y,
  big: (x, y) => x - y,
});

/** The exponent may be of another element type; the result has that of the base. */
export const pow: ReferenceKernel = (inputs, node) => {
  const base = need(inputs, 0, node);
  const exponent = need(inputs, 1, node);
  const power = powerFor(base, exponent);
  return [combined(base, exponent, base.elem, outputDims(inputs, node), power)];
};

function arithmetic(
  operation: Arithmetic,
  check: (divisor: Tensor, node: Node) => void = () => undefined,
): ReferenceKernel {
  return (inputs, node) => {
    const a = need(inputs, 0, node);
    const b = need(inputs, 1, node);
    const dims = outputDims(inputs, node);
    check(b, node);
    const f = isFloat(a.elem) ? operation.float : isBig(a.data) ? operation.big : operation.integer;
    return [combined(a, b, a.elem, dims, f as Combine)];
  };
}

export function refuseZeroDivisor(divisor: Tensor, node: Node): void {
  if (isFloat(divisor.elem)) return;
  const place = elementsOf(divisor.data).findIndex((y) => Number(y) === 0);
  if (place < 0) return;
  throw shapeError(
    node,
    `${node.op} divides integers by zero: element ${place} of the divisor is 0`,
    "check the input data, or cast to float before dividing",
  );
}

function powerFor(base: Tensor, exponent: Tensor): Combine {
  if (isFloat(base.elem)) return (x, y) => power(x, Number(y));
  const toBase = converter("float64", base.elem);
  const viaFloat = (x: number, y: number): number | bigint =>
    toBase(power(Number(x), Number(y))) as number | bigint;
  if (isFloat(exponent.elem)) return viaFloat as Combine;
  const keep = wrap(base.data);
  return ((x: number | bigint, y: number | bigint) =>
    y < 0 ? viaFloat(Number(x), Number(y)) : keep(powerModulo64(BigInt(x), BigInt(y)))) as Combine;
}

/** As in C99 (annex F.10.4.4): JavaScript alone has NaN for 1 to the power of NaN or infinity. */
function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

/** Modulo 2^64, so the low bits of any integer type come out right. */
function powerModulo64(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asUintN(64, result * square);
    square = BigInt.asUintN(64, square * square);
  }
  return result;
}

/** From a bigint to what can be stored: bigints wrap by themselves, numbers need their low bits taken first. */
function wrap(data: TensorData): (x: bigint) => number | bigint {
  return isBig(data) ? (x) => x : (x) => Number(BigInt.asIntN(32, x));
}
