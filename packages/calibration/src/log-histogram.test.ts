import { binEdge, quantile } from "@mpplan/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogCounter } from "./log-histogram.js";

function counted(xs: readonly number[]) {
  const counter = new LogCounter();
  xs.forEach((x) => counter.add(x));
  return counter.toJSON();
}

const normal = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => Math.abs(x) >= 2 ** -1022);

describe("LogCounter", () => {
  test("puts |x| where 2^edge(bin) <= |x| < 2^edge(bin + 1)", () => {
    fc.assert(
      fc.property(normal, (x) => {
        const { first, counts } = counted([x]);
        expect(counts).toEqual([1]);
        // The edges are (1 + i/8) 2^e, exactly; compared without logarithms.
        const edge = (bin: number): number => (1 + (((bin % 8) + 8) % 8) / 8) * 2 ** Math.floor(bin / 8);
        expect(Math.abs(x)).toBeGreaterThanOrEqual(edge(first));
        expect(Math.abs(x) / 2).toBeLessThan(edge(first + 1) / 2);
        expect(Math.abs(Math.log2(edge(first)) - binEdge(first))).toBeLessThan(1e-12);
      }),
    );
  });

  test("counts zeros, infinities and NaN apart", () => {
    expect(counted([0, -0, Infinity, -Infinity, NaN, 1])).toEqual({
      first: 0,
      counts: [1],
      zeros: 2,
      infinite: 2,
      nan: 1,
    });
    expect(counted([])).toEqual({ first: 0, counts: [], zeros: 0, infinite: 0, nan: 0 });
  });

  test("gives the same histogram in any order and from any split", () => {
    const some = fc.array(fc.double({ min: -1e9, max: 1e9 }), { maxLength: 20 });
    fc.assert(
      fc.property(some, fc.nat(20), (xs, at) => {
        const whole = counted(xs);
        expect(counted([...xs].reverse())).toEqual(whole);
        const merged = LogCounter.from(counted(xs.slice(0, at)));
        merged.merge(counted(xs.slice(at)));
        expect(merged.toJSON()).toEqual(whole);
      }),
    );
  });

  test("does not share its counts with what it was made from", () => {
    const h = counted([1]);
    LogCounter.from(h).add(1);
    expect(h.counts).toEqual([1]);
  });

  test("has quantiles within a bin of the true ones", () => {
    const xs = Array.from({ length: 501 }, (_, i) => 2 ** (((i * 7919) % 501) / 50));
    const sorted = [...xs].sort((a, b) => a - b);
    for (const q of [0.01, 0.25, 0.5, 0.9, 0.99]) {
      // A bin is log2(9/8) wide at most; the rank may be one off.
      expect(Math.abs(quantile(counted(xs), q) - Math.log2(sorted[Math.floor(q * 501)]!))).toBeLessThan(
        Math.log2(9 / 8) + 0.02,
      );
    }
  });
});
