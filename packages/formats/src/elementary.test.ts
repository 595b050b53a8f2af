// exp and log: known values, special cases, and Math's own within one place.
import { expect, test } from "vitest";
import { exp, log } from "./elementary.js";
import { binary64 } from "./catalog/binary64.js";
import { seededRandom } from "./random.js";
import { ulp } from "./ulp.js";

/** Uniform with 48 bits. */
function uniform(seed: number): () => number {
  const random = seededRandom(seed);
  return () => (random() * 2 ** 24 + random()) / 2 ** 48;
}

/** The largest distance from Math's function, in places of its value. */
function furthest(own: (x: number) => number, other: (x: number) => number, xs: Iterable<number>): number {
  let most = 0;
  for (const x of xs) {
    const [y, z] = [own(x), other(x)];
    if (!Object.is(y, z)) most = Math.max(most, Math.abs(y - z) / ulp(z, binary64));
  }
  return most;
}

function* drawn(count: number, seed: number, make: (u: () => number) => number): Iterable<number> {
  const u = uniform(seed);
  for (let i = 0; i < count; i++) yield make(u);
}

test("known values", () => {
  expect(exp(0)).toBe(1);
  expect(exp(1)).toBe(2.718281828459045);
  expect(exp(-1)).toBe(0.36787944117144233);
  expect(exp(0.5)).toBe(1.6487212707001282);
  expect(exp(10)).toBe(22026.465794806718);
  expect(exp(-87.5)).toBe(9.982350930569248e-39);
  expect(exp(-745.1332191019411)).toBe(2 ** -1074);
  expect(exp(709.782712893384)).toBe(1.7976931348622732e308);
  expect(log(1)).toBe(0);
  expect(log(2)).toBe(Math.LN2);
  expect(log(10)).toBe(Math.LN10);
  expect(log(0.1)).toBe(-2.3025850929940455);
  expect(log(2 ** -1074)).toBe(-744.4400719213812);
  expect(log(Number.MAX_VALUE)).toBe(709.782712893384);
});

test("special cases", () => {
  expect([exp(-0), exp(Infinity), exp(-Infinity), exp(NaN)]).toEqual([1, Infinity, 0, NaN]);
  expect([exp(709.7827128933841), exp(-745.1332191019412), exp(2 ** -1074)]).toEqual([Infinity, 0, 1]);
  expect([log(0), log(-0), log(Infinity)]).toEqual([-Infinity, -Infinity, Infinity]);
  expect([log(-1), log(-Infinity), log(NaN)]).toEqual([NaN, NaN, NaN]);
});

test("exp is within a place of Math.exp", () => {
  expect(
    furthest(
      exp,
      Math.exp,
      drawn(50000, 1, (u) => u() * 1460 - 748),
    ),
  ).toBeLessThanOrEqual(1);
  expect(
    furthest(
      exp,
      Math.exp,
      drawn(50000, 2, (u) => -20 * u()),
    ),
  ).toBeLessThanOrEqual(1);
  expect(
    furthest(
      exp,
      Math.exp,
      drawn(50000, 3, (u) => (u() - 0.5) * 2 ** (-30 * u())),
    ),
  ).toBeLessThanOrEqual(1);
});

test("log is within a place of Math.log", () => {
  expect(
    furthest(
      log,
      Math.log,
      drawn(50000, 4, (u) => (1 + u()) * 2 ** Math.floor(u() * 2098 - 1074)),
    ),
  ).toBeLessThanOrEqual(1);
  expect(
    furthest(
      log,
      Math.log,
      drawn(50000, 5, (u) => 1000 * u()),
    ),
  ).toBeLessThanOrEqual(1);
  expect(
    furthest(
      log,
      Math.log,
      drawn(50000, 6, (u) => 1 + (u() - 0.5) * 2 ** (-30 * u())),
    ),
  ).toBeLessThanOrEqual(1);
});

test("exp rises where its argument is reduced otherwise", () => {
  for (const at of [0.34657382965087890625, 1.0397205352783203125, 2 ** -28]) {
    for (const x of [at, -at]) {
      const around = [x - 2 ** -40, x - 2 ** -52, x, x + 2 ** -52, x + 2 ** -40].map(exp);
      expect([...around].sort((a, b) => a - b)).toEqual(around);
    }
  }
});
