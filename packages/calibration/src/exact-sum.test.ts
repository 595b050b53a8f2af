import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactAdder } from "./exact-sum.js";

/** A double as an integer multiple of 2^-1074. */
function exactly(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xfffffffffffffn) | (exponent > 0 ? 1n << 52n : 0n);
  return (x < 0 ? -fraction : fraction) << BigInt(Math.max(exponent - 1, 0));
}

/** The double nearest to n 2^-1074, ties to even, from the integer alone. */
function nearest(n: bigint): number {
  const size = n < 0n ? -n : n;
  const drop = BigInt(Math.max(size.toString(2).length - 53, 0));
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  let kept = size >> drop;
  const rest = size - (kept << drop);
  if (rest > half || (rest === half && drop > 0n && (kept & 1n) === 1n)) kept++;
  // Both factors are exact: 2^-1074 2^drop is a double, and the product is representable.
  const value =
    Number(drop) > 1000 ? Number(kept) * 2 ** (Number(drop) - 1074) : Number(kept << drop) * 2 ** -1074;
  const scaled = Number.isFinite(value) ? value : Number(kept) * 2 ** (Number(drop) - 1074);
  return n < 0n ? -scaled : scaled;
}

function expansionOf(terms: readonly number[]): number[] {
  const sum = new ExactAdder();
  for (const x of terms) sum.add(x);
  return sum.expansion();
}

/** All doubles up to 2^1000, subnormals among them, and ones that cancel and tie. */
const term = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 1000), max: 2 ** 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -(2 ** -1030), max: 2 ** -1030 }),
  fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -60, max: 60 })).map(([m, e]) => m * 2 ** e),
  fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
);
const terms = fc
  .tuple(fc.array(term, { maxLength: 24 }), fc.boolean())
  .map(([list, cancel]) => (cancel ? [...list, ...list.slice(1).map((x) => -x)] : list));

describe("ExactAdder", () => {
  test("sums exactly: its parts add up to the integer sum, and the first is the nearest double", () => {
    fc.assert(
      fc.property(terms, (list) => {
        const total = list.reduce((sum, x) => sum + exactly(x), 0n);
        const parts = expansionOf(list);
        expect(parts.reduce((sum, x) => sum + exactly(x), 0n)).toBe(total);
        let rest = total;
        for (const part of parts) {
          expect(part).toBe(nearest(rest));
          rest -= exactly(part);
        }
        expect(rest).toBe(0n);
      }),
      { numRuns: 300 },
    );
  });

  test("gives the same expansion in any order, and from any split into parts", () => {
    const cases = terms.chain((list) =>
      fc.record({
        list: fc.constant(list),
        shuffled: fc.shuffledSubarray(list, { minLength: list.length }),
        shard: fc.array(fc.nat(3), { minLength: list.length, maxLength: list.length }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ list, shuffled, shard }) => {
        const whole = expansionOf(list);
        expect(expansionOf(shuffled)).toEqual(whole);
        const shards = [0, 1, 2, 3].map((s) => expansionOf(list.filter((_, i) => shard[i] === s)));
        const merged = new ExactAdder(shards[3]);
        for (const parts of shards.slice(0, 3)) merged.addAll(parts);
        expect(merged.expansion()).toEqual(whole);
      }),
    );
  });

  test("keeps what plain addition loses, and rounds ties by what is left", () => {
    expect(expansionOf([1e300, 1, -1e300, 5e-324])).toEqual([1, 5e-324]);
    expect(expansionOf([2 ** 53, 1])).toEqual([2 ** 53, 1]);
    expect(expansionOf([2 ** 53, 1, 5e-324])).toEqual([2 ** 53 + 2, -1, 5e-324]);
    expect(expansionOf([1, -1])).toEqual([]);
    expect([new ExactAdder().value(), new ExactAdder([3, 2 ** -60]).value()]).toEqual([0, 3]);
  });

  test("refuses what is not a number to add up, instead of never ending", () => {
    for (const x of [Infinity, -Infinity, NaN]) expect(() => new ExactAdder().add(x)).toThrow("exact sum");
  });
});
