import { describe, expect, test } from "vitest";
import { exactOf, type ExactMode, plus, roundExact, times } from "../test/exact-numbers.js";
import { anyDouble, Mismatches } from "../test/support.js";
import {
  bfloat16,
  binary16,
  binary32,
  fmaToOdd,
  fusedMultiplyAdd32,
  ieeeE4m3,
  maxFinite,
  minExponent,
  ocpE5m2,
  type RandomSource,
  round,
  type RoundOptions,
  seededRandom,
  sumToOdd,
  tf32,
  twoSumError,
} from "./index.js";

/** A number of `bits` significand bits, often with most of them zero or one, and a random exponent. */
function sparse(random: RandomSource, bits: number, lowest: number, highest: number): number {
  const kept = 1 + (random() % bits);
  const tail = [0, 1, 2 ** kept - 1][random() % 4] ?? (random() * 2 ** 24 + random()) % 2 ** kept;
  const significand = 2 ** kept + tail;
  const sign = (random() & 1) === 0 ? 1 : -1;
  return sign * significand * 2 ** (lowest + (random() % (highest - lowest + 1)) - kept);
}

/** Two numbers whose sum is hard: a tie or a value with a tiny tail, cancellation, or subnormal doubles. */
function hardPair(random: RandomSource): [number, number] {
  const kind = random() % 5;
  const a = sparse(random, 25, -40, 40);
  if (kind === 0) return [a, sparse(random, 52, -60, 60)];
  if (kind === 1) return [a, sparse(random, 3, -140, -20)];
  if (kind === 2) return [a, -a * (1 + ((random() % 9) - 4) * Number.EPSILON)];
  if (kind === 3) return [a * 2 ** -1050, sparse(random, 20, -1060, -1000)];
  return [sparse(random, 52, -3, 3), sparse(random, 52, -60, 3)];
}

const doubleToOdd = (a: number, b: number) => roundExact(plus(exactOf(a), exactOf(b)), 53, -1022, "odd");

test("s + twoSumError is the exact sum", () => {
  const random = seededRandom(1);
  const bad = new Mismatches();
  for (let i = 0; i < 100_000; i++) {
    const [a, b] = hardPair(random);
    const s = a + b;
    const residue = plus(plus(exactOf(a), exactOf(b)), exactOf(-s));
    bad.same(twoSumError(a, b, s) + 0, roundExact(residue, 53, -1022, "nearest-even"), () => `${a} + ${b}`);
  }
  expect(bad.examples).toEqual([]);
});

describe("a sum to odd", () => {
  test("is the exact sum, or the odd one of its two neighbours: 200,000 hard pairs", () => {
    const random = seededRandom(2);
    const bad = new Mismatches();
    for (let i = 0; i < 200_000; i++) {
      const [a, b] = hardPair(random);
      bad.same(sumToOdd(a, b) + 0, doubleToOdd(a, b), () => `${a} + ${b}`);
    }
    expect(bad.examples).toEqual([]);
  });

  test("borrows across the words of a double", () => {
    expect(sumToOdd(1, -(2 ** -80))).toBe(1 - 2 ** -53);
    expect(sumToOdd(-1, 2 ** -80)).toBe(-(1 - 2 ** -53));
    expect(sumToOdd(1 + 2 ** -20, -(2 ** -80))).toBe(1 + 2 ** -20 - 2 ** -52);
    expect(sumToOdd(1, 2 ** -80)).toBe(1 + 2 ** -52);
  });

  test("leaves infinities, NaN and exact zeros alone", () => {
    expect(sumToOdd(Infinity, 1)).toBe(Infinity);
    expect(sumToOdd(1, -Infinity)).toBe(-Infinity);
    expect(sumToOdd(Infinity, -Infinity)).toBe(NaN);
    expect(sumToOdd(NaN, 1)).toBe(NaN);
    expect(sumToOdd(1e308, 1e308)).toBe(Infinity);
    expect(sumToOdd(1.5, -1.5)).toBe(0);
    expect(sumToOdd(-0, -0)).toBe(-0);
  });
});

test("rounding a sum to odd is rounding the exact sum, in every mode: 200,000 hard pairs", () => {
  const random = seededRandom(3);
  const bad = new Mismatches();
  const formats = [binary32, tf32, bfloat16, binary16, ocpE5m2, ieeeE4m3];
  for (let i = 0; i < 200_000; i++) {
    const [a, b] = hardPair(random);
    const format = formats[i % formats.length] ?? binary32;
    const draw = random();
    const exact = plus(exactOf(a), exactOf(b));
    const modes: [RoundOptions, ExactMode][] = [
      [{ rounding: "nearest-even" }, "nearest-even"],
      [{ rounding: "toward-zero" }, "toward-zero"],
      [{ rounding: "stochastic", random: () => draw }, { draw }],
    ];
    const [options, mode] = modes[Math.floor(i / formats.length) % 3] ?? [{}, "nearest-even"];
    const unlimited = roundExact(exact, format.precision, minExponent(format), mode);
    const expected = Math.max(-maxFinite(format), Math.min(maxFinite(format), unlimited));
    const actual = round(sumToOdd(a, b), format, { ...options, overflow: "saturate" });
    bad.same(actual, expected, () => `${a} + ${b} to ${format.name}, ${JSON.stringify(mode)}`);
  }
  expect(bad.examples).toEqual([]);
});

test("rounding the nearest double instead would be wrong", () => {
  const [a, b] = [1 + 2 ** -8, 2 ** -80];
  expect(round(a + b, bfloat16)).toBe(1);
  expect(round(sumToOdd(a, b), bfloat16)).toBe(1 + 2 ** -7);
  const options = { rounding: "toward-zero" } as const;
  expect(round(1 + -(2 ** -80), bfloat16, options)).toBe(1);
  expect(round(sumToOdd(1, -(2 ** -80)), bfloat16, options)).toBe(1 - 2 ** -8);
});

describe("fused multiply-add", () => {
  const exactFma = (a: number, b: number, c: number) => plus(times(exactOf(a), exactOf(b)), exactOf(c));
  const toBinary32 = (a: number, b: number, c: number) => {
    const x = roundExact(exactFma(a, b, c), 24, -126, "nearest-even");
    return Math.abs(x) > maxFinite(binary32) ? Math.sign(x) * Infinity : x;
  };

  /** Three binary32 values: hard sums, products that cancel with c, subnormals and overflows among them. */
  function triple(random: RandomSource): [number, number, number] {
    const kind = random() % 5;
    if (kind === 0) return [anyFloat(random), anyFloat(random), anyFloat(random)];
    const a = sparse(random, 23, -10, 10);
    const b = sparse(random, 23, -10, 10);
    const product = a * b;
    if (kind === 1) return [a, b, Math.fround(-product)];
    if (kind === 2) return [a, b, sparse(random, 23, -100, 60)];
    if (kind === 3)
      return [a * 2 ** -70, b * 2 ** -70, sparse(random, 5, -149 + 5, -120)].map(Math.fround) as [
        number,
        number,
        number,
      ];
    // A tie in the last place of the product's sum, made inexact by a tiny tail.
    return [1 + (random() & 255) * 2 ** -12, 1 + 2 ** -12, sparse(random, 1, -120, -30)];
  }

  function anyFloat(random: RandomSource): number {
    const bits = new DataView(new ArrayBuffer(4));
    bits.setUint32(0, (random() << 8) | (random() & 255));
    const x = bits.getFloat32(0);
    return Number.isFinite(x) ? x : 1;
  }

  test("binary32 is rounded once: 200,000 hard triples", () => {
    const random = seededRandom(4);
    const bad = new Mismatches();
    let twice = 0;
    for (let i = 0; i < 200_000; i++) {
      const [a, b, c] = triple(random);
      const expected = toBinary32(a, b, c);
      bad.same(fusedMultiplyAdd32(a, b, c) + 0, expected, () => `${a} * ${b} + ${c}`);
      if (Math.fround(a * b + c) + 0 !== expected) twice++;
    }
    expect(bad.examples).toEqual([]);
    // The cases are worth something only if rounding twice fails in some of them.
    expect(twice).toBeGreaterThan(1000);
  });

  test("any format follows a product to odd", () => {
    const random = seededRandom(6);
    const bad = new Mismatches();
    for (let i = 0; i < 100_000; i++) {
      const [a, b, c] = triple(random);
      const expected = roundExact(exactFma(a, b, c), 11, -126, "nearest-even");
      if (Math.abs(expected) > maxFinite(tf32)) continue;
      bad.same(round(fmaToOdd(a, b, c), tf32), expected, () => `${a} * ${b} + ${c}`);
    }
    expect(bad.examples).toEqual([]);
  });

  test("infinities, NaN and signed zeros are those of IEEE 754", () => {
    expect(fusedMultiplyAdd32(Infinity, 0, 1)).toBe(NaN);
    expect(fusedMultiplyAdd32(Infinity, 2, -Infinity)).toBe(NaN);
    expect(fusedMultiplyAdd32(3e38, 3e38, -Infinity)).toBe(-Infinity);
    expect(fusedMultiplyAdd32(Math.fround(3e38), 2, -Math.fround(3e38))).toBe(Math.fround(3e38));
    expect(fusedMultiplyAdd32(Math.fround(3e38), 2, 0)).toBe(Infinity);
    expect(fusedMultiplyAdd32(1 + 2 ** -12, 1 + 2 ** -12, -1)).toBe(2 ** -11 + 2 ** -24);
    expect(fusedMultiplyAdd32(1, 1, -1)).toBe(0);
    expect(fusedMultiplyAdd32(-1, 0, -0)).toBe(-0);
    expect(fusedMultiplyAdd32(2 ** -149, -(2 ** -149), 0)).toBe(-0);
  });
});

test("any two finite doubles below 2^1022 have a finite error or an infinite sum", () => {
  const random = seededRandom(8);
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [anyDouble(random), anyDouble(random)];
    if (!(Math.abs(a) < 2 ** 1022 && Math.abs(b) < 2 ** 1022)) continue;
    expect(Number.isFinite(twoSumError(a, b, a + b))).toBe(true);
  }
});
