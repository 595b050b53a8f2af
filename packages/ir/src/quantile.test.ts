import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogHistogram } from "./profile.js";
import { binEdge, countOf, quantile, shareAbove } from "./quantile.js";

function histogram(first: number, counts: number[], rest: Partial<LogHistogram> = {}): LogHistogram {
  return { first, counts, zeros: 0, infinite: 0, nan: 0, ...rest };
}

const some = fc
  .record({
    first: fc.integer({ min: -60, max: 60 }),
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
    zeros: fc.integer({ min: 0, max: 5 }),
    infinite: fc.integer({ min: 0, max: 5 }),
  })
  .map((h) => ({ ...h, nan: 3 }));

test("bin edges are 1, 1 + 1/8, ... times a power of two", () => {
  expect(2 ** binEdge(0)).toBe(1);
  expect(2 ** binEdge(3)).toBeCloseTo(1.375, 14);
  expect(2 ** binEdge(8)).toBe(2);
  expect(2 ** binEdge(-1)).toBeCloseTo(0.9375, 14);
});

describe("quantile", () => {
  test("lies in the bin that holds that rank", () => {
    const h = histogram(0, [10, 0, 0, 0, 0, 0, 0, 0, 10]);
    expect(quantile(h, 0.25)).toBeGreaterThanOrEqual(0);
    expect(quantile(h, 0.25)).toBeLessThan(binEdge(1));
    expect(quantile(h, 0.75)).toBeGreaterThanOrEqual(1);
    expect(quantile(h, 0.75)).toBeLessThan(binEdge(9));
  });

  test("is -Infinity among zeros and Infinity among infinities", () => {
    const h = histogram(0, [5], { zeros: 10, infinite: 10 });
    expect([0, 0.39].map((q) => quantile(h, q))).toEqual([-Infinity, -Infinity]);
    expect([0.61, 1].map((q) => quantile(h, q))).toEqual([Infinity, Infinity]);
    expect(quantile(histogram(0, [], { zeros: 4 }), 1)).toBe(-Infinity);
  });

  test("is NaN where nothing was counted, and NaNs do not count", () => {
    expect(quantile(histogram(0, []), 0.5)).toBeNaN();
    expect(quantile(histogram(0, [], { nan: 7 }), 0.5)).toBeNaN();
    expect(countOf(histogram(0, [2], { nan: 7, zeros: 1, infinite: 1 }))).toBe(4);
  });

  test("never falls as q grows", () => {
    fc.assert(
      fc.property(
        some,
        fc.float({ min: 0, max: 1, noNaN: true }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (h, a, b) => {
          if (countOf(h) === 0) return;
          expect(quantile(h, Math.min(a, b))).toBeLessThanOrEqual(quantile(h, Math.max(a, b)));
        },
      ),
    );
  });
});

describe("shareAbove", () => {
  test("counts the bins above and a part of the threshold's own", () => {
    const h = histogram(-8, [4, 0, 0, 0, 0, 0, 0, 0, 4, 8], { zeros: 2, infinite: 2 });
    expect(shareAbove(h, 0.25)).toBe(18 / 20);
    expect(shareAbove(h, 1)).toBe(14 / 20);
    // The middle of bin 1, in log2.
    expect(shareAbove(h, 2 ** ((binEdge(1) + binEdge(2)) / 2))).toBeCloseTo((2 + 4) / 20, 12);
    expect(shareAbove(h, 4)).toBe(2 / 20);
  });

  test("of nothing is 0; zeros are above no threshold, infinities above every one", () => {
    expect(shareAbove(histogram(0, []), 1)).toBe(0);
    expect(shareAbove(histogram(0, [1], { zeros: 1, infinite: 2 }), 0)).toBe(3 / 4);
    expect(shareAbove(histogram(0, [1], { zeros: 1, infinite: 2 }), Infinity)).toBe(2 / 4);
  });

  test("agrees with the definition, bin by bin, and never grows with the threshold", () => {
    const byDefinition = (h: LogHistogram, threshold: number): number => {
      const log = Math.log2(threshold);
      const above = h.counts.map((count, i) => {
        const [low, high] = [binEdge(h.first + i), binEdge(h.first + i + 1)];
        return count * Math.min(1, Math.max(0, (high - log) / (high - low)));
      });
      return (h.infinite + above.reduce((a, b) => a + b, 0)) / countOf(h);
    };
    fc.assert(
      fc.property(
        some,
        fc.float({ min: -9, max: 9, noNaN: true }),
        fc.float({ min: 0, max: 3, noNaN: true }),
        (h, log, more) => {
          if (countOf(h) === 0) return;
          const share = shareAbove(h, 2 ** log);
          // log2 of an edge is rounded: a value on an edge may count under either bin, to 2^-45 or so.
          expect(Math.abs(share - byDefinition(h, 2 ** log))).toBeLessThan(1e-12);
          expect(shareAbove(h, 2 ** (log + more))).toBeLessThanOrEqual(share + 1e-12);
        },
      ),
    );
  });
});
