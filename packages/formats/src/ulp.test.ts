// Every neighbour in the small formats is in test/every-code.test.ts.

import { expect, test } from "vitest";
import {
  bfloat16,
  binary16,
  binary32,
  binary64,
  e2m1,
  nextDown,
  nextUp,
  ocpE4m3,
  ulp,
  ulpsBetween,
} from "./index.js";

test("the spacing doubles at powers of two and stops shrinking below the normal range", () => {
  expect(ulp(1, bfloat16)).toBe(2 ** -7);
  expect(ulp(1.999, bfloat16)).toBe(2 ** -7);
  expect(ulp(-2, bfloat16)).toBe(2 ** -6);
  expect(ulp(2 ** -20, binary16)).toBe(2 ** -24);
  expect(ulp(0, binary16)).toBe(2 ** -24);
  expect(ulp(1, binary64)).toBe(Number.EPSILON);
  expect(ulp(1e6, binary16)).toBe(2 ** 9);
  expect(ulp(-Infinity, binary16)).toBe(Infinity);
  expect(ulp(NaN, binary16)).toBe(NaN);
});

test("neighbours at the ends", () => {
  expect(nextUp(65504, binary16)).toBe(Infinity);
  expect(nextUp(Infinity, binary16)).toBe(Infinity);
  expect(nextDown(Infinity, binary16)).toBe(65504);
  expect(nextUp(-Infinity, binary16)).toBe(-65504);
  expect(nextUp(448, ocpE4m3)).toBe(448);
  expect(nextDown(Infinity, ocpE4m3)).toBe(448);
  expect(nextDown(-6, e2m1)).toBe(-6);
  expect(nextUp(NaN, e2m1)).toBe(NaN);
});

test("neighbours of zero and of tiny numbers", () => {
  expect(nextUp(0, binary16)).toBe(2 ** -24);
  expect(nextUp(-0, binary16)).toBe(2 ** -24);
  expect(nextDown(0, binary16)).toBe(-(2 ** -24));
  expect(nextUp(-(2 ** -24), binary16)).toBe(0);
  expect(nextDown(2 ** -24, binary16)).toBe(0);
  expect(nextUp(1e-300, binary16)).toBe(2 ** -24);
  expect(nextUp(0, binary64)).toBe(Number.MIN_VALUE);
  expect(nextUp(1, binary64)).toBe(1 + Number.EPSILON);
  expect(nextDown(1, binary64)).toBe(1 - Number.EPSILON / 2);
});

test("distance counts steps, across zero and to infinity", () => {
  expect(ulpsBetween(1, 1 + 2 ** -6, bfloat16)).toBe(2);
  expect(ulpsBetween(2, 1, bfloat16)).toBe(128);
  expect(ulpsBetween(-(2 ** -149), 2 ** -149, binary32)).toBe(2);
  expect(ulpsBetween(-0, 0, binary32)).toBe(0);
  expect(ulpsBetween(65504, Infinity, binary16)).toBe(1);
  expect(ulpsBetween(-Infinity, Infinity, binary16)).toBe(2 * 0x7c00);
  expect(ulpsBetween(-Infinity, -Infinity, binary16)).toBe(0);
  expect(ulpsBetween(1, 1 + 3 * Number.EPSILON, binary64)).toBe(3);
  expect(ulpsBetween(NaN, 1, binary16)).toBe(NaN);
});

test("a distance from a number that is not in the format is refused", () => {
  expect(() => ulpsBetween(0.1, 1, bfloat16)).toThrowErrorMatchingInlineSnapshot(`
    [FormatError: 0.1 is not a value of bfloat16
      where: ulpsBetween
      next: round it first]
  `);
});
