import {
  exponentBits,
  formatNamed,
  maxFinite,
  minExponent,
  round,
  seededRandom,
  type FloatFormat,
} from "@mpplan/formats";
import { parseOrder, printAccumulator, type Accumulator } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { exactOf, plus, roundExact, times } from "../../../formats/test/exact-numbers.js";
import { createSumEngine } from "./accumulate.js";

const base: Accumulator = {
  format: "ieee-e4m3",
  order: { kind: "sequential" },
  product: "fma",
  rounding: "nearest-even",
  overflow: "saturate",
};

function sum(accumulator: Accumulator, w: readonly number[], h: readonly number[], bias = 0): number {
  const engine = createSumEngine(accumulator);
  return engine.finish(engine.sum(Float64Array.from(w), 0, Float64Array.from(h), 0, w.length), 1, 1, bias);
}

/**
 * The definitions of the contract in exact integer arithmetic: every rounding is of the exact value. Shares no
 * line with the code under test. Rounding to nearest or toward zero only.
 */
function bySpecification(a: Accumulator, w: readonly number[], h: readonly number[], bias: number): number {
  const binary32 = formatNamed("binary32");
  const toFormat = (
    x: ReturnType<typeof exactOf>,
    f: FloatFormat,
    mode: "nearest-even" | "toward-zero",
  ): number => {
    const rounded = roundExact(x, f.precision, minExponent(f), mode);
    const max = maxFinite(f);
    if (Math.abs(rounded) <= max) return rounded;
    if (mode === "toward-zero" || a.overflow === "saturate") return Math.sign(rounded) * max;
    return Math.sign(rounded) * Infinity;
  };
  const to32 = (x: ReturnType<typeof exactOf>): number => toFormat(x, binary32, "nearest-even");
  const mode = a.rounding as "nearest-even" | "toward-zero";
  const add = (f: FloatFormat, x: number, y: number): number => {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return x + y;
    const exact = plus(exactOf(x), exactOf(y));
    const via32 = a.product === "fma-f32" || a.product === "f32-add";
    return toFormat(via32 ? exactOf(to32(exact)) : exact, f, mode);
  };
  const step = (f: FloatFormat, s: number, wk: number, hk: number): number => {
    const product = times(exactOf(wk), exactOf(hk));
    if (!Number.isFinite(s) && a.product !== "rounded") return s;
    switch (a.product) {
      case "fma":
        return toFormat(plus(exactOf(s), product), f, mode);
      case "fma-f32":
        return toFormat(exactOf(to32(plus(exactOf(s), product))), f, mode);
      case "rounded": {
        const p = toFormat(product, f, mode);
        return Number.isFinite(p) && Number.isFinite(s)
          ? toFormat(plus(exactOf(s), exactOf(p)), f, mode)
          : s + p;
      }
      case "f32-add":
        return toFormat(exactOf(to32(plus(exactOf(s), exactOf(to32(product))))), f, mode);
    }
  };
  const inner = formatNamed(a.format);
  const run = (from: number, to: number): number => {
    let s = 0;
    for (let k = from; k < to; k++) s = step(inner, s, w[k]!, h[k]!);
    return s;
  };
  const n = w.length;
  const { order } = a;
  let total = 0;
  let outer = inner;
  if (order.kind === "sequential") total = run(0, n);
  if (order.kind === "blocked" || order.kind === "chunked") {
    const size = order.kind === "blocked" ? order.block : order.chunk;
    if (order.kind === "chunked") outer = formatNamed(order.outer);
    for (let k = 0; k < n; k += size) total = add(outer, total, run(k, Math.min(n, k + size)));
  }
  if (order.kind === "pairwise") {
    const tree = (from: number, to: number): number => {
      if (to - from < 2) return run(from, to);
      let left = 1;
      while (left * 2 < to - from) left *= 2;
      return add(inner, tree(from, from + left), tree(from + left, to));
    };
    total = tree(0, n);
  }
  return bias === 0 ? total : add(outer, total, bias);
}

/** Operands that are hard on an accumulator: wide exponents, cancelling pairs, ties, subnormals. */
function hardOperands(random: () => number, n: number, format: FloatFormat): [number[], number[]] {
  const u = (): number => random() / 2 ** 24;
  const scale = 2 ** Math.round((u() - 0.5) * 2 ** (exponentBits(format) - 1) * 0.6);
  const kind = Math.floor(u() * 4);
  const w: number[] = [];
  const h: number[] = [];
  for (let k = 0; k < n; k++) {
    const few = round((u() - 0.5) * 4, formatNamed("ieee-e4m3"));
    const many = Math.fround((u() - 0.5) * scale * (kind === 1 ? 2 ** Math.round((u() - 0.5) * 30) : 1));
    if (kind === 2 && k % 2 === 1) {
      w.push(-w[k - 1]!);
      h.push(Math.fround(h[k - 1]! * (1 + (u() < 0.5 ? 2 ** -20 : 0))));
    } else {
      w.push(few);
      h.push(kind === 3 ? round(many, format, { overflow: "saturate" }) : many);
    }
  }
  return [w, h];
}

const orders = ["sequential", "blocked(8)", "blocked(3)", "chunked(4, binary32)", "pairwise"];
const formats = ["ieee-e4m3", "ocp-e5m2", "binary16", "bfloat16", "tf32", "e5m6", "e8m13", "binary32"];

describe("every accumulator follows its definition in exact arithmetic", () => {
  for (const product of ["fma", "fma-f32", "rounded", "f32-add"] as const) {
    for (const rounding of ["nearest-even", "toward-zero"] as const) {
      test(`${product}, ${rounding}`, () => {
        const random = seededRandom(20 + product.length);
        let checked = 0;
        for (const format of formats) {
          for (const order of orders) {
            for (const overflow of ["saturate", "infinity"] as const) {
              const a: Accumulator = { format, order: parseOrder(order), product, rounding, overflow };
              for (let i = 0; i < 12; i++) {
                const [w, h] = hardOperands(random, 1 + (i % 3) * 9, formatNamed(format));
                const bias =
                  i % 2 === 0 ? 0 : round(h[0]!, formatNamed("ieee-e4m3"), { overflow: "saturate" });
                const expected = bySpecification(a, w, h, bias);
                expect(sum(a, w, h, bias), `${printAccumulator(a)} of ${JSON.stringify([w, h, bias])}`).toBe(
                  expected,
                );
                checked++;
              }
            }
          }
        }
        expect(checked).toBe(formats.length * orders.length * 2 * 12);
      });
    }
  }
});

describe("landmarks", () => {
  test("a running sum of ones stops where one is half an ulp: 16 in E4M3, 2048 in binary16, 256 in bfloat16", () => {
    const ones = (n: number): number[] => Array<number>(n).fill(1);
    expect(sum(base, ones(100), ones(100))).toBe(16);
    expect(sum({ ...base, format: "binary16" }, ones(3000), ones(3000))).toBe(2048);
    expect(sum({ ...base, format: "bfloat16" }, ones(1000), ones(1000))).toBe(256);
  });

  test("blocks of 8 carry the same sum further: 100 ones are 96 in E4M3", () => {
    const ones = Array<number>(100).fill(1);
    // Blocks of 8: 8, 16, ... 96 exactly (ulp 8 from 64 on), and the last block of 4 is a tie at 96: to even.
    expect(sum({ ...base, order: { kind: "blocked", block: 8 } }, ones, ones)).toBe(96);
  });

  test("a sum beyond the largest value saturates or is infinite", () => {
    expect(sum(base, [16, 16], [15, 15])).toBe(240);
    expect(sum({ ...base, overflow: "infinity" }, [16, 16], [15, 15])).toBe(Infinity);
    expect(sum({ ...base, overflow: "infinity" }, [16, 16, -16], [15, 15, 1e30])).toBe(Infinity);
    expect(
      sum({ ...base, overflow: "infinity", product: "rounded" }, [16, 16, -16], [15, 15, 1e30]),
    ).toBeNaN();
  });

  test("a rounded product is lost where a fused one is not", () => {
    // 0.875 x 0.015625 is below half the smallest E4M3 step at 1, but three of them and 1.0625 are not.
    const tiny = 2 ** -10;
    expect(sum({ ...base, product: "rounded" }, [tiny], [1])).toBe(0);
    expect(sum({ ...base, product: "fma" }, [1, tiny], [2 ** -9, 1])).toBe(2 ** -8);
    expect(sum({ ...base, product: "rounded" }, [1, tiny], [2 ** -9, 1])).toBe(2 ** -9);
  });

  test("binary16 fma and f32-add differ where the binary32 product is inexact", () => {
    // (1 + 2^-12)(1 + 2^-12) = 1 + 2^-11 + 2^-24: just above the tie that its binary32 rounding falls on.
    const x = 1 + 2 ** -12;
    expect(sum({ ...base, format: "binary16", product: "fma" }, [x], [x])).toBe(1 + 2 ** -10);
    expect(sum({ ...base, format: "binary16", product: "f32-add" }, [x], [x])).toBe(1);
    expect(sum({ ...base, format: "binary16", product: "fma-f32" }, [x], [x])).toBe(1);
  });

  test("NaN goes through, and a zero sum is +0", () => {
    for (const product of ["fma", "fma-f32", "rounded", "f32-add"] as const) {
      expect(sum({ ...base, product }, [1, 1], [NaN, 1])).toBeNaN();
      expect(Object.is(sum({ ...base, product }, [-1, 1], [0, -0]), 0)).toBe(true);
      expect(Object.is(sum({ ...base, product }, [-1, 1], [1, 1]), 0)).toBe(true);
    }
  });

  test("the empty sum is the bias", () => {
    expect(sum(base, [], [], 3)).toBe(3);
  });

  test("binary64 is the plain sum of doubles", () => {
    const w = [1, 1e16, -1e16];
    expect(sum({ ...base, format: "binary64" }, w, [1, 1, 1])).toBe(0);
    expect(sum({ ...base, format: "binary64" }, [0.1, 0.2], [1, 1])).toBe(0.1 + 0.2);
  });
});

describe("aligned groups", () => {
  const aligned: Accumulator = {
    ...base,
    format: "binary32",
    order: { kind: "aligned", group: 4, bits: 4 },
    overflow: "infinity",
  };

  test("products are cut toward zero below the given bits of the largest", () => {
    // The largest is 8 = 1000b: four bits leave steps of 1, so 1.75 counts 1 and -0.5 nothing.
    expect(sum(aligned, [8, 1.75, -0.5, -1.5], [1, 1, 1, 1])).toBe(8 + 1 - 0 - 1);
  });

  test("each group has its own alignment", () => {
    expect(sum(aligned, [8, 0, 0, 0, 0.5], [1, 1, 1, 1, 1])).toBe(8.5);
  });

  test("an exact power of two is aligned to its own exponent", () => {
    for (let e = -40; e <= 40; e++) expect(sum(aligned, [2 ** e], [1])).toBe(2 ** e);
  });
});

describe("stochastic rounding", () => {
  const stochastic: Accumulator = { ...base, rounding: "stochastic" };

  test("is the same for the same seed, and differs between seeds", () => {
    const w = Float64Array.from({ length: 64 }, (_, k) => (k % 7) - 2.5);
    const h = Float64Array.from({ length: 64 }, (_, k) => ((k * 37) % 11) / 7);
    const of = (seed: number, component: number): number => {
      const engine = createSumEngine(stochastic, seed);
      engine.seed(component);
      return engine.sum(w, 0, h, 0, 64);
    };
    expect(of(1, 5)).toBe(of(1, 5));
    expect(new Set(Array.from({ length: 40 }, (_, c) => of(1, c))).size).toBeGreaterThan(3);
    expect(new Set(Array.from({ length: 40 }, (_, s) => of(s, 5))).size).toBeGreaterThan(3);
  });

  test("has no bias: ones past the point where nearest stagnates add up on average", () => {
    const ones = Float64Array.from({ length: 64 }, () => 1);
    const engine = createSumEngine(stochastic, 3);
    let mean = 0;
    const n = 4000;
    for (let c = 0; c < n; c++) {
      engine.seed(c);
      mean += engine.sum(ones, 0, ones, 0, 64) / n;
    }
    // The variance of a step at s is below s ulp(s)/4 <= 8; of the whole sum below 64 x 8, of the mean / n.
    expect(Math.abs(mean - 64)).toBeLessThan(5 * Math.sqrt((64 * 8) / n));
  });
});
