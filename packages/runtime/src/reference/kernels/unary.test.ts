import { expect, test } from "vitest";
import { floats, listAfter, of } from "./testing.js";

const apply = (op: "Exp" | "LeakyRelu" | "Neg" | "Relu" | "Sigmoid" | "Sqrt" | "Tanh", ...list: number[]) =>
  listAfter(op, [floats([list.length], list)]);

test("Relu cuts what is negative, and keeps NaN", () => {
  expect(apply("Relu", -1, 2, NaN, -Infinity)).toEqual([0, 2, NaN, 0]);
  expect(listAfter("Relu", [of("int64", [2], [-3, 3])])).toEqual([0n, 3n]);
});

test("LeakyRelu multiplies what is negative by a binary32 number", () => {
  expect(apply("LeakyRelu", -1, 2)).toEqual([-Math.fround(0.01), 2]);
  expect(listAfter("LeakyRelu", [floats([1], [-8])], { alpha: 0.25 })).toEqual([-2]);
});

test("Sigmoid neither overflows nor loses small values", () => {
  expect(apply("Sigmoid", 0, 1000, -1000)).toEqual([0.5, 1, 0]);
  expect(apply("Sigmoid", -40)[0]).toBe(Math.exp(-40));
  expect(apply("Sigmoid", NaN)).toEqual([NaN]);
});

test("Exp, Neg, Sqrt and Tanh are those of binary64", () => {
  expect(apply("Exp", 0, 1)).toEqual([1, Math.E]);
  expect(apply("Sqrt", 2, -1)).toEqual([Math.SQRT2, NaN]);
  expect(apply("Tanh", 0, Infinity)).toEqual([0, 1]);
  expect(apply("Neg", 3, 0)).toEqual([-3, -0]);
  expect(listAfter("Neg", [of("int8", [1], [-128])])).toEqual([-128]);
  expect(listAfter("Neg", [of("int64", [1], [5])])).toEqual([-5n]);
});

test("Clip clamps; its bounds may be missing, and the upper one wins", () => {
  const x = floats([4], [-2, 0.5, 9, NaN]);
  expect(listAfter("Clip", [x, floats([], [0]), floats([1], [6])])).toEqual([0, 0.5, 6, NaN]);
  expect(listAfter("Clip", [x, null, floats([], [0])])).toEqual([-2, 0, 0, NaN]);
  expect(listAfter("Clip", [x])).toEqual([-2, 0.5, 9, NaN]);
  expect(listAfter("Clip", [x, floats([], [5]), floats([], [1])])).toEqual([1, 1, 1, NaN]);
  expect(listAfter("Clip", [of("int64", [2], [-5, 5]), of("int64", [], [-1])])).toEqual([-1n, 5n]);
});

test("RoundTo rounds ties to even and saturates", () => {
  const x = floats([4], [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1e39, -1e39]);
  const largest = (2 - 2 ** -7) * 2 ** 127;
  expect(listAfter("RoundTo", [x], { format: "bfloat16" })).toEqual([1, 1 + 2 ** -6, largest, -largest]);
});
