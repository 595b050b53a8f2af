// The fast twin against `round`, bit for bit. Every value and tie of the small formats is in test/every-code.test.ts
// against the list of values; here both overflow rules, and everything else.

import { describe, expect, test } from "vitest";
import { anyDouble, hardDouble, Mismatches, positiveValues, smallFormats } from "../test/support.js";
import { bitsToDouble, doubleBelow, doubleToBits } from "./bits.js";
import {
  binary16,
  binary32,
  binary64,
  catalog,
  compileRound,
  e2m1,
  type FloatFormat,
  formatNamed,
  maxExponent,
  maxFinite,
  minExponent,
  minSubnormal,
  ocpE4m3,
  type Overflow,
  round,
  roundingConstants,
  roundNearestEven,
  seededRandom,
  tf32,
} from "./index.js";

const rules: readonly Overflow[] = ["infinity", "saturate"];
const doubleAbove = (x: number) => bitsToDouble(doubleToBits(x) + 1n);
const special = [0, NaN, Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** -1022, 2 ** 1023, 1e300];

/** Compares both signs of every x. */
function mismatches(format: FloatFormat, overflow: Overflow, numbers: Iterable<number>): readonly string[] {
  const c = roundingConstants(format, overflow);
  const bad = new Mismatches();
  for (const x of numbers) {
    bad.same(roundNearestEven(x, c), round(x, format, { overflow }), () => `${x}`);
    bad.same(roundNearestEven(-x, c), round(-x, format, { overflow }), () => `${-x}`);
  }
  return bad.examples;
}

function* around(x: number): Iterable<number> {
  yield x;
  if (x > 0) yield doubleBelow(x);
  yield doubleAbove(x);
}

function* valuesAndTies(format: FloatFormat): Iterable<number> {
  let last = 0;
  for (const { value } of positiveValues(format)) {
    yield* around(last + (value - last) / 2);
    yield* around(value);
    last = value;
  }
}

describe.each(rules)("overflow to %s", (overflow) => {
  test("every value and tie of every small format, and the doubles beside them", () => {
    for (const format of smallFormats) {
      expect(mismatches(format, overflow, valuesAndTies(format)), format.name).toEqual([]);
    }
  });

  test.each([tf32, binary32].map((format) => [format.name, format] as const))(
    "1.2 million hard doubles, both signs, for %s",
    (_name, format) => {
      const random = seededRandom(7);
      const [lowest, highest] = [minExponent(format) - 26, maxExponent(format) + 2];
      function* numbers() {
        for (let i = 0; i < 1_200_000; i++) yield hardDouble(random, format, lowest, highest);
      }
      expect(mismatches(format, overflow, numbers())).toEqual([]);
    },
  );

  test("doubles of every size, and the ends of the range, in every format", () => {
    const wide = ["e10m20", "e9m24", "e3m24", "e10m1"].map(formatNamed);
    for (const format of [...catalog, ...smallFormats, ...wide]) {
      const random = seededRandom(11);
      const top = maxFinite(format);
      const unit = top - doubleBelow(top);
      const numbers = [...special, ...around(minSubnormal(format)), ...around(minSubnormal(format) / 2)];
      for (const step of [0.25, 0.5, 1, 2])
        numbers.push(...around(top + (top / 2 ** format.precision) * step));
      for (let i = -4; i <= 4; i++) numbers.push(top + i * unit);
      for (let i = 0; i < 5000; i++) numbers.push(anyDouble(random));
      for (let i = 0; i < 5000; i++) {
        const x = hardDouble(random, format, minExponent(format), maxExponent(format));
        numbers.push(x);
      }
      expect(mismatches(format, overflow, numbers), format.name).toEqual([]);
    }
  });
});

test("the limit is the last double that does not overflow", () => {
  expect(roundingConstants(binary16, "infinity").limit).toBe(doubleBelow(65520));
  expect(roundingConstants(ocpE4m3, "infinity").limit).toBe(464);
  expect(roundingConstants(e2m1, "infinity")).toMatchObject({ limit: doubleBelow(7), max: 6, onOverflow: 6 });
  expect(roundingConstants(binary64, "infinity").limit).toBe(Number.MAX_VALUE);
});

test("a rounded zero is +0", () => {
  for (const format of catalog) {
    const toFormat = compileRound(format);
    for (const x of [0, -0, -minSubnormal(format) / 2]) expect(toFormat(x), format.name).toBe(0);
  }
});

test("a compiled rounding is the reference in every mode", () => {
  const random = seededRandom(3);
  for (const format of [binary16, ocpE4m3, binary32]) {
    for (const rounding of ["nearest-even", "toward-zero", "stochastic"] as const) {
      const compiled = compileRound(format, { rounding, random: seededRandom(9) });
      const options = { rounding, random: seededRandom(9) };
      for (let i = 0; i < 2000; i++) {
        const x = hardDouble(random, format, -12, 9);
        expect(compiled(x)).toBe(round(x, format, options));
      }
    }
  }
  expect(() => compileRound(binary16, { rounding: "stochastic" })).toThrow("seededRandom");
});
