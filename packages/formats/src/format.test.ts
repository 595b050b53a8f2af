import { describe, expect, test } from "vitest";
import {
  binary16,
  binary64,
  catalog,
  defineFormat,
  exponentBits,
  type FloatFormat,
  FormatError,
  fractionBits,
  maxExponent,
  maxFinite,
  minExponent,
  minNormal,
  minSubnormal,
  unitRoundoff,
} from "./index.js";

test("the facts of binary16 give the figures of IEEE 754", () => {
  expect(exponentBits(binary16)).toBe(5);
  expect(fractionBits(binary16)).toBe(10);
  expect(minExponent(binary16)).toBe(-14);
  expect(maxExponent(binary16)).toBe(15);
  expect(maxFinite(binary16)).toBe(65504);
  expect(minNormal(binary16)).toBe(2 ** -14);
  expect(minSubnormal(binary16)).toBe(2 ** -24);
  expect(unitRoundoff(binary16)).toBe(2 ** -11);
});

test("the facts of binary64 give JavaScript's own constants", () => {
  expect(maxFinite(binary64)).toBe(Number.MAX_VALUE);
  expect(minSubnormal(binary64)).toBe(Number.MIN_VALUE);
  expect(unitRoundoff(binary64)).toBe(Number.EPSILON / 2);
});

test("formats are frozen", () => {
  for (const format of catalog) expect(Object.isFrozen(format)).toBe(true);
});

describe("facts that contradict each other are refused", () => {
  const broken: [string, Partial<Record<keyof FloatFormat, unknown>>, string][] = [
    ["a name with spaces", { name: "half float" }, "hyphens"],
    ["unsigned", { signed: false }, "signed"],
    ["no fraction", { precision: 1 }, "no fraction bit"],
    ["half a bit", { bits: 15.5 }, "integers"],
    ["no room for an exponent", { bits: 12 }, "exponent bits"],
    ["infinity with one NaN", { nans: "one" }, "four families"],
    ["many NaN without infinity", { infinities: false }, "four families"],
    ["an unheard-of NaN rule", { nans: "two" }, "four families"],
    ["26 bits of precision", { bits: 34, precision: 26, bias: 127 }, "above 25"],
    ["a second carrier", { carrier: true }, "binary64"],
    ["a range below the normal doubles", { bias: 1020 }, "normal double"],
    ["a range that leaves no room", { bias: -960 }, "no room"],
  ];
  test.each(broken)("%s", (_what, change, message) => {
    const facts = { ...binary16, name: "mine", ...change } as FloatFormat;
    expect(() => defineFormat(facts)).toThrow(FormatError);
    expect(() => defineFormat(facts)).toThrow(message);
  });

  test("in three beats", () => {
    expect(() => defineFormat({ ...binary16, name: "mine", precision: 30 }))
      .toThrowErrorMatchingInlineSnapshot(`
      [FormatError: mine cannot be defined: 16 bits with precision 30 leave -14 exponent bits, 2 needed
        where: defineFormat
        next: correct the facts; packages/formats/src/catalog has one example per family]
    `);
  });
});

test("25 bits of precision are the most", () => {
  expect(defineFormat({ ...binary16, name: "e8m24", bits: 33, precision: 25, bias: 127 }).precision).toBe(25);
});
