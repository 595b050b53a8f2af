import { expect, test } from "vitest";
import { seededRandom } from "./index.js";

test("a seed gives the same sequence everywhere", () => {
  const random = seededRandom(1);
  expect(Array.from({ length: 4 }, random)).toMatchInlineSnapshot(`
    [
      7859959,
      7313735,
      6670440,
      6952474,
    ]
  `);
});

test("other seeds give other sequences", () => {
  const first = new Set(Array.from({ length: 1000 }, (_, seed) => seededRandom(seed)()));
  expect(first.size).toBeGreaterThan(990);
});

test("integers of 24 bits, every bit set half of the time", () => {
  const random = seededRandom(99);
  const draws = 100_000;
  const ones = new Array<number>(24).fill(0);
  for (let i = 0; i < draws; i++) {
    const r = random();
    if (!Number.isInteger(r) || r < 0 || r >= 2 ** 24) throw new Error(`${r} is no 24-bit integer`);
    for (let bit = 0; bit < 24; bit++) ones[bit] = (ones[bit] ?? 0) + ((r >> bit) & 1);
  }
  // Five standard deviations; the seed is fixed.
  for (const count of ones) expect(Math.abs(count - draws / 2)).toBeLessThan((5 * Math.sqrt(draws)) / 2);
});
