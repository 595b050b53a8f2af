import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { permutation, shard, split, subset, type Samples } from "./samples.js";
import { tensorOf } from "./testing.js";

/** Sample i is the number i, with label -i. */
function numbered(count: number): Samples {
  return { count, random: false, at: (i) => new Map([["x", tensorOf([1], [i])]]), label: (i) => -i };
}

function members(samples: Samples): number[] {
  return Array.from({ length: samples.count }, (_, i) => Number(samples.at(i).get("x")!.data[0]));
}

describe("split", () => {
  test("gives three disjoint parts of the sizes that the contract states", () => {
    const sizes = (n: number, calibrate?: number, evaluate?: number): number[] => {
      const { build, tune, test } = split(numbered(n), { seed: 1, calibrate, evaluate });
      const all = [build, tune, test].flatMap(members);
      expect(new Set(all).size).toBe(all.length);
      return [build.count, tune.count, test.count];
    };
    expect(sizes(3000)).toEqual([384, 128, 2488]);
    expect(sizes(100)).toEqual([38, 12, 50]);
    expect(sizes(100, 8, 20)).toEqual([6, 2, 20]);
    expect(sizes(4)).toEqual([1, 1, 2]);
    expect(sizes(3)).toEqual([1, 1, 1]);
  });

  test("follows its seed and nothing else", () => {
    const parts = (seed: number): number[][] => {
      const { build, tune, test } = split(numbered(40), { seed });
      return [members(build), members(tune), members(test)];
    };
    expect(parts(5)).toEqual(parts(5));
    expect(parts(5)).not.toEqual(parts(6));
  });

  test("keeps labels with their samples", () => {
    const { test: part } = split(numbered(9), { seed: 2 });
    expect(members(part).map((x) => -x)).toEqual(members(part).map((_, i) => part.label(i)));
  });

  test.each([
    [2, undefined, undefined],
    [10, 1, undefined],
    [10, 10, undefined],
    [10, 6, 5],
    [10, 6, 0],
  ])("refuses %d samples of which %s calibrate and %s evaluate", (n, calibrate, evaluate) => {
    expect(() => split(numbered(n), { seed: 1, calibrate, evaluate })).toThrowError(
      expect.objectContaining({ code: "too-few-samples" }),
    );
  });

  test("says how many there are and what to do", () => {
    expect(() => split(numbered(10), { seed: 1, calibrate: 6, evaluate: 5 }))
      .toThrowErrorMatchingInlineSnapshot(`
      [IrError: 10 samples cannot give 6 to calibrate and 5 to evaluate
        where: the split into build, tune and evaluation samples
        next: give more samples, or ask for less with --samples and --evaluate]
    `);
    expect(() => split(numbered(2), { seed: 1 })).toThrowErrorMatchingInlineSnapshot(`
      [IrError: 2 samples cannot give 2 to calibrate and at least 1 to evaluate
        where: the split into build, tune and evaluation samples
        next: give at least 3 samples]
    `);
  });
});

test("a permutation has every index once, and every index may come first", () => {
  fc.assert(
    fc.property(fc.nat(50), fc.integer(), (n, seed) => {
      expect([...permutation(n, seed)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
  const first = new Array<number>(5).fill(0);
  for (let seed = 0; seed < 2000; seed++) first[permutation(5, seed)[0]!]!++;
  // Binomial, n = 2000, p = 1/5: five standard deviations are 90.
  for (const count of first) expect(Math.abs(count - 400)).toBeLessThan(90);
});

test("shards share out all samples; a subset keeps the order asked for", () => {
  const shards = [0, 1, 2].map((i) => members(shard(numbered(8), i, 3)));
  expect(shards).toEqual([
    [0, 3, 6],
    [1, 4, 7],
    [2, 5],
  ]);
  expect(members(subset(numbered(8), [5, 2]))).toEqual([5, 2]);
  expect(subset(numbered(8), [5, 2]).label(0)).toBe(-5);
});
