// Laws of rounding, on generated numbers and formats. fast-check prints the seed of a failure.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  catalog,
  decode,
  encode,
  type FloatFormat,
  formatNamed,
  maxFinite,
  nextDown,
  nextUp,
  round,
  type RoundOptions,
  seededRandom,
  ulp,
} from "../src/index.js";
import { smallFormats } from "./support.js";

const runs = { numRuns: 4000 };

const listed = fc.constantFrom(...catalog, ...smallFormats);
const byName = fc
  .record({ e: fc.integer({ min: 3, max: 10 }), m: fc.integer({ min: 4, max: 20 }) })
  .map(({ e, m }) => formatNamed(`e${e}m${m}`));
const format = fc.oneof(listed, byName);

/** Doubles of every size, and ones that the formats can tell apart. */
const number = fc.oneof(
  fc.double(),
  fc.double({ min: -1000, max: 1000 }),
  fc
    .record({ m: fc.integer({ min: -4096, max: 4096 }), e: fc.integer({ min: -30, max: 20 }) })
    .map(({ m, e }) => m * 2 ** e),
);
const rounding = fc.constantFrom("nearest-even", "toward-zero") satisfies fc.Arbitrary<
  RoundOptions["rounding"]
>;
const overflow = fc.constantFrom("saturate", "infinity") satisfies fc.Arbitrary<RoundOptions["overflow"]>;
const options = fc.record({ rounding, overflow });

test("rounding is monotone", () => {
  fc.assert(
    fc.property(number, number, format, options, (x, y, f, o) => {
      fc.pre(!Number.isNaN(x) && !Number.isNaN(y));
      const [low, high] = [round(Math.min(x, y), f, o), round(Math.max(x, y), f, o)];
      // NaN is what an overflow gives where there is no infinity; it has no order.
      return low <= high || Number.isNaN(low) || Number.isNaN(high);
    }),
    runs,
  );
});

test("rounding is idempotent, odd, and leaves no -0", () => {
  fc.assert(
    fc.property(number, format, options, (x, f, o) => {
      const once = round(x, f, o);
      expect(round(once, f, o)).toBe(once);
      expect(round(-x, f, o)).toBe(0 - once);
      expect(Object.is(once, -0)).toBe(false);
    }),
    runs,
  );
});

test("decoding the code of a number rounds it", () => {
  fc.assert(
    fc.property(number, format, options, (x, f, o) => {
      const rounded = round(x, f, o);
      fc.pre(f.carrier === undefined && !(Number.isNaN(rounded) && f.nans === "none"));
      expect(decode(encode(x, f, o), f)).toBe(rounded);
    }),
    runs,
  );
});

test("nearest is at most half an ulp away, and no neighbour is nearer", () => {
  fc.assert(
    fc.property(number, format, (x, f) => {
      fc.pre(Math.abs(x) <= maxFinite(f));
      const near = round(x, f);
      const error = Math.abs(near - x);
      expect(error).toBeLessThanOrEqual(ulp(x, f) / 2);
      expect(error).toBeLessThanOrEqual(Math.abs(nextUp(near, f) - x));
      expect(error).toBeLessThanOrEqual(Math.abs(nextDown(near, f) - x));
    }),
    runs,
  );
});

test("toward zero, no magnitude grows, and the next value would be too large", () => {
  fc.assert(
    fc.property(number, format, overflow, (x, f, o) => {
      fc.pre(Number.isFinite(x));
      const cut = Math.abs(round(x, f, { rounding: "toward-zero", overflow: o }));
      expect(cut).toBeLessThanOrEqual(Math.abs(x));
      const next = nextUp(cut, f);
      expect(next > Math.abs(x) || cut === maxFinite(f)).toBe(true);
    }),
    runs,
  );
});

test("nextUp and nextDown step to the closest values on either side", () => {
  fc.assert(
    fc.property(number, format, (x, f) => {
      fc.pre(Math.abs(x) < maxFinite(f));
      const [below, above] = [nextDown(x, f), nextUp(x, f)];
      expect(below < x && x < above).toBe(true);
      expect(round(below, f, { overflow: "infinity" })).toBe(below);
      const between = nextUp(below, f);
      expect(between === above || (between === x && nextUp(x, f) === above)).toBe(true);
    }),
    runs,
  );
});

test("stochastic rounding picks one of the two neighbours, and never moves a value", () => {
  const random = seededRandom(5);
  fc.assert(
    fc.property(number, format, (x, f) => {
      fc.pre(Math.abs(x) <= maxFinite(f));
      const drawn = round(x, f, { rounding: "stochastic", random });
      const isValue = round(x, f) === x;
      if (isValue) expect(drawn).toBe(x + 0);
      else expect([nextDown(x, f), nextUp(x, f)]).toContain(drawn);
    }),
    runs,
  );
});

test.each(["binary16", "bfloat16", "ieee-e4m3", "tf32"])("stochastic rounding to %s is unbiased", (name) => {
  const f: FloatFormat = formatNamed(name);
  const random = seededRandom(2024);
  const draws = 100_000;
  for (const fraction of [0.5, 0.25, 0.9, 0.01, 1 / 3]) {
    const x = 1 + fraction * ulp(1, f);
    let up = 0;
    for (let i = 0; i < draws; i++) if (round(x, f, { rounding: "stochastic", random }) > 1) up++;
    // Five standard deviations of the binomial distribution; the seed is fixed.
    const bound = 5 * Math.sqrt(draws * fraction * (1 - fraction));
    expect(Math.abs(up - draws * fraction), `${x}`).toBeLessThan(bound);
  }
});
