import { expect, test } from "vitest";
import { absoluteError, decimalsFor, trustedDigits } from "./trusted-digits.js";

test("a digit is shown where the error is at most half of its weight", () => {
  expect(trustedDigits(12.3456, 0, 4)).toBe("12.3456");
  expect(trustedDigits(12.3456, 0.05, 4)).toBe("12.3???");
  expect(trustedDigits(12.3456, 0.051, 4)).toBe("12.????");
  expect(trustedDigits(-12.3456, 4, 4)).toBe("−1?.????");
  expect(trustedDigits(12.3456, 50, 4)).toBe("??.????");
  expect(trustedDigits(123, 5, 0)).toBe("12?");
});

test("no digit of what is not finite, and none for an error that is unknown", () => {
  expect(trustedDigits(NaN, 0, 2)).toBe("NaN");
  expect(trustedDigits(-Infinity, 0, 2)).toBe("−∞");
  expect(trustedDigits(1.5, NaN, 1)).toBe("?.?");
  expect(trustedDigits(1.5, Infinity, 1)).toBe("?.?");
});

test("the largest number gets six digits", () => {
  expect(decimalsFor([0.5, -28.4])).toBe(4);
  expect(decimalsFor([123456])).toBe(0);
  expect(decimalsFor([0.001])).toBe(8);
  expect(decimalsFor([0, NaN])).toBe(8);
});

test("a relative error is a share of the root mean square; a classifier's values are centred first", () => {
  expect(absoluteError(0.1, [3, 4, 0, 0], false)).toBeCloseTo(0.25, 12);
  expect(absoluteError(0.1, [101, 99], true)).toBeCloseTo(0.1, 12);
  expect(absoluteError(0, [1, 2], true)).toBe(0);
});
