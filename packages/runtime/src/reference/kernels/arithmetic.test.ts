import { expect, test } from "vitest";
import type { ElementType } from "@mpplan/ir";
import { floats, listAfter, of, run } from "./testing.js";

const on = (
  op: "Add" | "Sub" | "Mul" | "Div" | "Pow",
  elem: ElementType,
  x: number | bigint,
  y: number | bigint,
) => listAfter(op, [of(elem, [], [x]), of(elem, [], [y])])[0];

test("operands broadcast in both directions", () => {
  const [sum] = run("Add", [floats([2, 1], [10, 20]), floats([3], [1, 2, 3])]);
  expect(sum!.dims).toEqual([2, 3]);
  expect([...sum!.data]).toEqual([11, 12, 13, 21, 22, 23]);
  expect(listAfter("Sub", [floats([2, 2], [1, 2, 3, 4]), floats([], [1])])).toEqual([0, 1, 2, 3]);
  expect(run("Mul", [floats([0, 2], []), floats([1, 2], [1, 2])])[0]!.dims).toEqual([0, 2]);
});

test("floats are computed in binary64, and not rounded", () => {
  expect(on("Add", "float32", 1, 2 ** -40)).toBe(1 + 2 ** -40);
  expect(on("Div", "float32", -1, 0)).toBe(-Infinity);
});

test("integers wrap", () => {
  expect(on("Add", "int8", 127, 1)).toBe(-128);
  expect(on("Sub", "uint8", 0, 1)).toBe(255);
  expect(on("Mul", "int32", 123456789, 987654321)).toBe(-67153019);
  expect(on("Mul", "uint32", 4294967295, 4294967295)).toBe(1);
  expect(on("Mul", "int16", 32767, 32767)).toBe(1);
  expect(on("Add", "int64", 2n ** 63n - 1n, 1n)).toBe(-(2n ** 63n));
  expect(on("Sub", "uint64", 0n, 1n)).toBe(2n ** 64n - 1n);
});

test("integers divide toward zero", () => {
  expect(on("Div", "int32", -7, 2)).toBe(-3);
  expect(on("Div", "int64", -7n, 2n)).toBe(-3n);
  expect(on("Div", "uint32", 4294967295, 4294967295)).toBe(1);
  expect(on("Div", "uint32", 4294967294, 4294967295)).toBe(0);
  expect(on("Div", "int32", -(2 ** 31), -1)).toBe(-(2 ** 31));
});

test("an integer divided by zero is an error, not a number", () => {
  expect(() => on("Div", "int32", 1, 0)).toThrow("integers by zero: element 0 of the divisor is 0");
  expect(() => on("Div", "int64", 1n, 0n)).toThrow("integers by zero");
});

test("powers of floats are those of C99", () => {
  expect(on("Pow", "float32", 2, -2)).toBe(0.25);
  expect(on("Pow", "float32", 1, NaN)).toBe(1);
  expect(on("Pow", "float32", -1, Infinity)).toBe(1);
  expect(on("Pow", "float32", NaN, 0)).toBe(1);
});

test("powers of integers wrap, and truncate where the exponent is negative", () => {
  expect(on("Pow", "int32", 3, 4)).toBe(81);
  expect(on("Pow", "int32", -3, 21)).toBe(-1870418611);
  expect(on("Pow", "int64", 3n, 41n)).toBe(-420491770248316829n);
  expect(on("Pow", "uint8", 2, 8)).toBe(0);
  expect(on("Pow", "int32", 2, -1)).toBe(0);
  expect(on("Pow", "int32", -1, -3)).toBe(-1);
  expect(listAfter("Pow", [of("int32", [2], [4, 9]), floats([], [0.5])])).toEqual([2, 3]);
  expect(listAfter("Pow", [floats([1], [1.5]), of("int64", [], [2])])).toEqual([2.25]);
});
