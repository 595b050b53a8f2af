// Functions of the elements of several broadcast tensors, one line per operator.
import { bitsOf, intAttr, stringAttr } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { refuseZeroDivisor } from "./arithmetic.js";
import { binary, variadic, type Combine } from "./elementwise.js";
import { broadcastPositions } from "./positions.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

const truth = (f: (x: number, y: number) => boolean): ReferenceKernel =>
  binary(() => (x, y) => (f(x, y) ? 1 : 0));

export const and = truth((x, y) => !!x && !!y);
export const bitwiseAnd = binary(() => (x, y) => x & y);
export const bitwiseOr = binary(() => (x, y) => x | y);
export const bitwiseXor = binary(() => (x, y) => x ^ y);
export const equal = truth((x, y) => x === y);
export const greater = truth((x, y) => x > y);
export const greaterOrEqual = truth((x, y) => x >= y);
export const less = truth((x, y) => x < y);
export const lessOrEqual = truth((x, y) => x <= y);
export const or = truth((x, y) => !!x || !!y);
export const pRelu = binary((_, kind) => {
  const zero = kind === "big" ? (0n as unknown as number) : 0;
  return (x, slope) => (x < zero ? x * slope : x);
});
export const xor = truth((x, y) => !x !== !y);

// A comparison with NaN is false: the one that is NaN is kept.
export const max = variadic((x, y) => (x > y || Number.isNaN(x) ? x : y));
export const mean = variadic(
  (x, y) => x + y,
  (x, count) => x / count,
);
export const min = variadic((x, y) => (x < y || Number.isNaN(x) ? x : y));
export const sum = variadic((x, y) => x + y);

export const bitShift: ReferenceKernel = (inputs, node) => {
  const bits = bitsOf(need(inputs, 0, node).elem);
  const left = stringAttr(node, "direction") === "LEFT";
  const shift = (x: number | bigint, by: number | bigint): bigint => {
    if (BigInt(by) >= bits) return 0n;
    return left ? BigInt.asUintN(bits, BigInt(x) << BigInt(by)) : BigInt(x) >> BigInt(by);
  };
  const f = bits === 64 ? shift : (x: number, y: number): number => Number(shift(x, y));
  return binary(() => f as Combine)(inputs, node);
};

export const mod: ReferenceKernel = (inputs, node) => {
  const divisor = need(inputs, 1, node);
  refuseZeroDivisor(divisor, node);
  const asC = intAttr(node, "fmod") !== 0;
  return binary((_, kind) => {
    const zero = kind === "big" ? (0n as unknown as number) : 0;
    return (x, y) => {
      const rest = x % y;
      if (asC || rest === zero) return rest;
      return rest < zero !== y < zero ? rest + y : rest;
    };
  })(inputs, node);
};

export const where: ReferenceKernel = (inputs, node) => {
  const [condition, x, y] = [need(inputs, 0, node), need(inputs, 1, node), need(inputs, 2, node)];
  const dims = outputDims(inputs, node);
  const result = zeros(x.elem, dims);
  const [c, a, b, out] = [condition, x, y, result].map((t) => elementsOf(t.data)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [pc, pa, pb] = [condition, x, y].map((t) => broadcastPositions(t.dims, dims));
  for (let i = 0; i < out.length; i++) {
    out[i] = c[pc ? pc[i]! : i] ? a[pa ? pa[i]! : i]! : b[pb ? pb[i]! : i]!;
  }
  return [result];
};
