// Every code of every format of 16 bits or fewer. What is expected comes from the sorted list of decoded values, not
// from a formula of rounding.

import { describe, expect, test } from "vitest";
import { bitsToDouble, doubleBelow, doubleToBits } from "../src/bits.js";
import {
  compileRound,
  decode,
  encode,
  type FloatFormat,
  maxFinite,
  minNormal,
  minSubnormal,
  nextDown,
  nextUp,
  round,
  ulp,
  ulpsBetween,
} from "../src/index.js";
import { Mismatches, positiveValues, smallFormats } from "./support.js";

const doubleAbove = (x: number) => bitsToDouble(doubleToBits(x) + 1n);

describe.each(smallFormats.map((format) => [format.name, format] as const))("%s", (_name, format) => {
  const values = positiveValues(format);

  test("every code decodes, and encodes back to itself or to its canonical code", () => {
    const bad = new Mismatches();
    const half = 2 ** (format.bits - 1);
    for (let code = 0; code < 2 * half; code++) {
      const value = decode(code, format);
      const canonical = value === 0 ? 0 : code;
      if (!Number.isNaN(value)) bad.same(encode(value, format), canonical, () => `code ${code}`);
      else bad.same(encode(value, format), encode(NaN, format), () => `code ${code}`);
      // The code of negative zero may be that of NaN.
      const negated = code > half || (code === half && format.nans !== "negative-zero");
      if (negated) bad.same(value, -decode(code - half, format), () => `code ${code}`);
    }
    expect(bad.examples).toEqual([]);
  });

  test("codes rise with their values, from zero to the largest", () => {
    const descents = values.filter(({ value }, i) => i > 0 && value <= (values[i - 1]?.value ?? NaN));
    expect(descents).toEqual([]);
    expect(Object.is(values[0]?.value, 0)).toBe(true);
    expect(values[1]?.value).toBe(minSubnormal(format));
    expect(values.at(-1)?.value).toBe(maxFinite(format));
    expect(values.some(({ value }) => value === minNormal(format))).toBe(true);
    expect(values.filter(({ value }) => value < minNormal(format))).toHaveLength(
      format.subnormals ? 2 ** (format.precision - 1) : 1,
    );
  });

  test("neighbours in the list are neighbours to nextUp, nextDown, ulp and ulpsBetween", () => {
    const bad = new Mismatches();
    for (const [a, b] of pairs(format)) {
      bad.same(nextUp(a.value, format), b.value, () => `nextUp(${a.value})`);
      bad.same(nextDown(b.value, format), a.value, () => `nextDown(${b.value})`);
      bad.same(nextUp(-b.value, format), 0 - a.value, () => `nextUp(-${b.value})`);
      bad.same(nextDown(-a.value, format), -b.value, () => `nextDown(-${a.value})`);
      const between = a.value + (b.value - a.value) / 4;
      bad.same(nextUp(between, format), b.value, () => `nextUp(${between})`);
      bad.same(nextDown(between, format), a.value, () => `nextDown(${between})`);
      bad.same(ulp(a.value, format), b.value - a.value, () => `ulp(${a.value})`);
      if (format.subnormals) {
        bad.same(
          ulpsBetween(-a.value, b.value, format),
          2 * a.code + 1,
          () => `ulpsBetween(-${a.value}, ${b.value})`,
        );
      }
    }
    expect(bad.examples).toEqual([]);
  });

  test.each([
    ["the reference", (x: number) => round(x, format)],
    ["the fast twin", compileRound(format)],
  ])("%s keeps values, sends ties to the even neighbour and the rest to the nearer", (_which, toFormat) => {
    const bad = new Mismatches();
    const check = (x: number, expected: number) => {
      bad.same(toFormat(x), expected, () => `${x}`);
      bad.same(toFormat(-x), 0 - expected, () => `${-x}`);
    };
    for (const [a, b] of pairs(format)) {
      const tie = a.value + (b.value - a.value) / 2;
      check(a.value, a.value);
      check(b.value, b.value);
      check(doubleBelow(b.value), b.value);
      check(doubleAbove(a.value), a.value);
      check(doubleBelow(tie), a.value);
      check(tie, a.code % 2 === 0 ? a.value : b.value);
      check(doubleAbove(tie), b.value);
    }
    expect(bad.examples).toEqual([]);
  });

  test("toward zero, everything between two values goes to the smaller", () => {
    const bad = new Mismatches();
    for (const [a, b] of pairs(format)) {
      for (const x of [
        a.value,
        doubleAbove(a.value),
        a.value + (b.value - a.value) / 2,
        doubleBelow(b.value),
      ]) {
        bad.same(round(x, format, { rounding: "toward-zero" }), a.value, () => `${x}`);
        bad.same(round(-x, format, { rounding: "toward-zero" }), 0 - a.value, () => `${-x}`);
      }
    }
    expect(bad.examples).toEqual([]);
  });

  test("stochastic rounding moves by the draw, and never moves a value", () => {
    const bad = new Mismatches();
    const draw = (x: number, r: number) => round(x, format, { rounding: "stochastic", random: () => r });
    for (const [a, b] of pairs(format)) {
      const quarter = a.value + (b.value - a.value) / 4;
      bad.same(draw(a.value, 0), a.value, () => `${a.value}, drawn 0`);
      bad.same(draw(quarter, 2 ** 22 - 1), b.value, () => `${quarter}, drawn 2^22 - 1`);
      bad.same(draw(-quarter, 2 ** 22 - 1), -b.value, () => `${-quarter}, drawn 2^22 - 1`);
      bad.same(draw(quarter, 2 ** 22), a.value, () => `${quarter}, drawn 2^22`);
      bad.same(draw(doubleAbove(a.value), 0), b.value, () => `just above ${a.value}, drawn 0`);
    }
    expect(bad.examples).toEqual([]);
  });
});

function pairs(format: FloatFormat) {
  const values = positiveValues(format);
  return values.slice(0, -1).map((a, i) => [a, values[i + 1] ?? a] as const);
}
