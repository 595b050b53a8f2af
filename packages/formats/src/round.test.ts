import { describe, expect, test } from "vitest";
import { anyDouble, hardDouble, Mismatches } from "../test/support.js";
import {
  bfloat16,
  binary16,
  binary32,
  binary64,
  defineFormat,
  e2m1,
  ieeeE4m3,
  ocpE4m3,
  ocpE5m2,
  round,
  seededRandom,
} from "./index.js";

const saturate = { overflow: "saturate" } as const;
const towardZero = { rounding: "toward-zero" } as const;

test("bfloat16 rounds a tie to the even neighbour", () => {
  expect(round(1 + 2 ** -8, bfloat16)).toBe(1);
  expect(round(1 + 3 * 2 ** -8, bfloat16)).toBe(1 + 2 ** -6);
});

test("a tail of one bit decides a tie", () => {
  expect(round(1 + 2 ** -8 + 2 ** -52, bfloat16)).toBe(1 + 2 ** -7);
  expect(round(1 + 3 * 2 ** -8 - 2 ** -52, bfloat16)).toBe(1 + 2 ** -7);
});

describe("overflow", () => {
  test("binary16 overflows from 65520 on", () => {
    expect(round(65519.99, binary16)).toBe(65504);
    expect(round(65520, binary16)).toBe(Infinity);
    expect(round(-65520, binary16)).toBe(-Infinity);
    expect(round(65520, binary16, saturate)).toBe(65504);
    expect(round(-1e300, binary16, saturate)).toBe(-65504);
  });

  test("ocp-e4m3 has no infinity: beyond 464 is NaN, or 448", () => {
    expect(round(464, ocpE4m3)).toBe(448);
    expect(round(465, ocpE4m3)).toBe(NaN);
    expect(round(465, ocpE4m3, saturate)).toBe(448);
    expect(round(-Infinity, ocpE4m3)).toBe(NaN);
    expect(round(-Infinity, ocpE4m3, saturate)).toBe(-448);
  });

  test("ieee-e4m3 overflows from 248 on", () => {
    expect(round(247.9, ieeeE4m3)).toBe(240);
    expect(round(248, ieeeE4m3)).toBe(Infinity);
    expect(round(248, ieeeE4m3, saturate)).toBe(240);
  });

  test("ocp-e5m2 overflows from 61440 on", () => {
    expect(round(61439, ocpE5m2)).toBe(57344);
    expect(round(61440, ocpE5m2)).toBe(Infinity);
  });

  test("a format with neither infinity nor NaN saturates under both rules", () => {
    expect(round(100, e2m1)).toBe(6);
    expect(round(-Infinity, e2m1)).toBe(-6);
    expect(round(NaN, e2m1)).toBe(NaN);
  });

  test("toward zero, a finite number stays finite and an infinite one infinite", () => {
    expect(round(1e300, binary16, towardZero)).toBe(65504);
    expect(round(Infinity, binary16, towardZero)).toBe(Infinity);
    expect(round(Infinity, binary16, { ...towardZero, ...saturate })).toBe(65504);
    expect(round(1000, ocpE4m3, towardZero)).toBe(448);
    expect(round(Infinity, ocpE4m3, towardZero)).toBe(NaN);
  });

  test("stochastic rounding can go from the largest value to infinity", () => {
    const drawn = (r: number) => round(65512, binary16, { rounding: "stochastic", random: () => r });
    expect(drawn(2 ** 22 - 1)).toBe(Infinity);
    expect(drawn(2 ** 22)).toBe(65504);
  });
});

describe("small numbers", () => {
  test("subnormals keep their spacing, and a tie with zero goes to zero", () => {
    expect(round(2 ** -24, binary16)).toBe(2 ** -24);
    expect(round(2 ** -25, binary16)).toBe(0);
    expect(round(2 ** -25 * (1 + 2 ** -52), binary16)).toBe(2 ** -24);
    expect(round(3 * 2 ** -25, binary16)).toBe(2 ** -23);
    expect(round(2 ** -10, ieeeE4m3)).toBe(0);
    expect(round(3 * 2 ** -10, ieeeE4m3)).toBe(2 ** -8);
    expect(round(0.25, e2m1)).toBe(0);
    expect(round(0.26, e2m1)).toBe(0.5);
  });

  test("a rounded zero is +0", () => {
    for (const x of [-0, -(2 ** -25), -(2 ** -1074)]) expect(round(x, binary16)).toBe(0);
    expect(round(-(2 ** -24) * 0.9, binary16, towardZero)).toBe(0);
    expect(round(-0, binary64)).toBe(0);
  });

  test("without subnormals the neighbours of zero are the smallest normal values", () => {
    const flushing = defineFormat({ ...ieeeE4m3, name: "flushing", subnormals: false });
    expect(round(2 ** -7, flushing)).toBe(0);
    expect(round(2 ** -7 * 1.01, flushing)).toBe(2 ** -6);
    expect(round(2 ** -6 * 0.99, flushing, towardZero)).toBe(0);
  });

  test("a number too small for any spacing is zero", () => {
    const large = defineFormat({ ...ieeeE4m3, name: "large", bias: -40 });
    expect(round(2 ** -1074, large)).toBe(0);
    expect(round(2 ** 37, large)).toBe(0);
    expect(round(3 * 2 ** 37, large)).toBe(2 ** 39);
  });
});

test("binary64 rounds to itself", () => {
  const random = seededRandom(64);
  const bad = new Mismatches();
  for (let i = 0; i < 50_000; i++) {
    const x = anyDouble(random);
    bad.same(round(x, binary64), x, () => `${x}`);
  }
  bad.same(round(-(2 ** -1074), binary64), -(2 ** -1074), () => "smallest");
  expect(bad.examples).toEqual([]);
  expect(round(-Infinity, binary64, saturate)).toBe(-Number.MAX_VALUE);
  expect(round(Infinity, binary64)).toBe(Infinity);
});

test("binary32 is Math.fround, on 1.2 million doubles of every size", () => {
  const random = seededRandom(32);
  const bad = new Mismatches();
  for (let i = 0; i < 1_200_000; i++) {
    const x = i % 8 === 0 ? anyDouble(random) : hardDouble(random, binary32, -152, 130);
    // Adding 0 turns -0, which Math.fround keeps, into +0.
    bad.same(round(x, binary32), Math.fround(x) + 0, () => `${x}`);
  }
  expect(bad.examples).toEqual([]);
});

test("stochastic rounding without randomness is refused", () => {
  expect(() => round(1, binary16, { rounding: "stochastic" })).toThrowErrorMatchingInlineSnapshot(`
    [FormatError: stochastic rounding needs a source of random 24-bit integers
      where: round
      next: pass { random: seededRandom(seed) }]
  `);
});

test("the randomness is consumed by inexact roundings only", () => {
  let calls = 0;
  const random = () => (calls++, 0);
  for (const x of [1, 0, -0, NaN, Infinity, 65504]) round(x, binary16, { rounding: "stochastic", random });
  expect(calls).toBe(0);
  round(1 + 2 ** -20, binary16, { rounding: "stochastic", random });
  expect(calls).toBe(1);
});
