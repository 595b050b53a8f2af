import { expect, test } from "vitest";
import { elementTypes, type ElementType } from "@mpplan/ir";
import { listAfter, of, run } from "./testing.js";

const cast = (from: ElementType, to: ElementType, ...list: (number | bigint)[]) =>
  listAfter("Cast", [of(from, [list.length], list)], { to });

test("zero and one survive every cast", () => {
  for (const from of elementTypes) {
    for (const to of elementTypes) {
      // A scale has no zero; int2 ends at 1.
      if ([from, to].includes("float8e8m0")) continue;
      expect(cast(from, to, 0, 1).map(Number), `${from} to ${to}`).toEqual([0, 1]);
    }
  }
});

test("narrow floats round to nearest-even, and overflow as their type and `saturate` say", () => {
  const list = [65520, -0, 2 ** -24 * 1.5, NaN];
  expect(cast("float32", "float16", ...list)).toEqual([Infinity, -0, 2 ** -23, NaN]);
  const wide = of("float32", [3], [1e6, -Infinity, 17]);
  const to = (elem: ElementType, saturate: number) => listAfter("Cast", [wide], { to: elem, saturate });
  expect(to("float8e4m3fn", 1)).toEqual([448, -448, 16]);
  expect(to("float8e4m3fn", 0)).toEqual([NaN, NaN, 16]);
  expect(to("float8e5m2", 0)).toEqual([Infinity, -Infinity, 16]);
  expect(to("float8e5m2fnuz", 0)).toEqual([NaN, NaN, 16]);
  expect(to("float4e2m1", 0)).toEqual([6, -6, 6]);
  expect(to("float8e8m0", 1)).toEqual([2 ** 20, NaN, 32]);
});

test("numbers and texts become each other", () => {
  const texts = of("string", [4], ["-1.5", "1e3", "inf", "NaN"]);
  expect(listAfter("Cast", [texts], { to: "float32" })).toEqual([-1.5, 1000, Infinity, NaN]);
  expect(cast("float32", "string", Math.fround(0.1), -Infinity, 3, NaN)).toEqual(["0.1", "-INF", "3", "NaN"]);
  expect(cast("int64", "string", 2n ** 62n)).toEqual([String(2n ** 62n)]);
});

test("floats truncate toward zero, saturate, and NaN becomes 0", () => {
  expect(cast("float32", "int8", 1.9, -1.9, 300, -300, NaN, Infinity)).toEqual([1, -1, 127, -128, 0, 127]);
  expect(cast("float64", "uint8", -0.5, -7, 256)).toEqual([0, 0, 255]);
  expect(cast("float64", "int64", -2.5, 2 ** 63, -Infinity)).toEqual([-2n, 2n ** 63n - 1n, -(2n ** 63n)]);
  expect(cast("float64", "uint64", -1, 2 ** 63, NaN)).toEqual([0n, 2n ** 63n, 0n]);
});

test("integers wrap to narrower ones", () => {
  expect(cast("int16", "int8", 200, -129)).toEqual([-56, 127]);
  expect(cast("int64", "int32", 2n ** 31n, -1n)).toEqual([-(2 ** 31), -1]);
  expect(cast("int64", "uint32", -1n, 2n ** 40n + 7n)).toEqual([2 ** 32 - 1, 7]);
  expect(cast("int32", "uint64", -1)).toEqual([2n ** 64n - 1n]);
});

test("whatever is not zero is true", () => {
  expect(cast("float32", "bool", 0, -0, 0.1, NaN, -2)).toEqual([0, 0, 1, 1, 1]);
  expect(cast("int64", "bool", 0n, 256n)).toEqual([0, 1]);
});

test("float32 is rounded to, also from integers, and once only", () => {
  expect(cast("float64", "float32", 0.1, 1e300)).toEqual([Math.fround(0.1), Infinity]);
  expect(cast("int32", "float32", 2 ** 24 + 1)).toEqual([2 ** 24]);
  // 2^60 + 2^36 is a tie of binary32; the 1 decides it, and is gone if binary64 comes in between.
  expect(cast("int64", "float32", 2n ** 60n + 2n ** 36n + 1n)).toEqual([2 ** 60 + 2 ** 37]);
  expect(cast("int64", "float32", -(2n ** 60n + 2n ** 36n))).toEqual([-(2 ** 60)]);
  expect(cast("uint64", "float32", 2n ** 64n - 1n)).toEqual([2 ** 64]);
});

test("float32 is held in binary64 from then on", () => {
  expect(run("Cast", [of("int8", [1], [1])], { to: "float32" })[0]!.data).toBeInstanceOf(Float64Array);
});
