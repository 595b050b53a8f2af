import { expect, test } from "vitest";
import { binomialAtMost, flipUpperLimit, samplesForLimit } from "./flip-limit.js";

test("the binomial tail is the sum of its terms", () => {
  // 10 throws of a coin: 1 + 10 + 45 ways out of 1024.
  expect(binomialAtMost(2, 10, 0.5)).toBeCloseTo(56 / 1024, 14);
  expect(binomialAtMost(0, 1000, 0.001)).toBeCloseTo(0.999 ** 1000, 14);
});

test("no flip in n bounds the rate by 1 - alpha^(1/n): the rule of three", () => {
  for (const n of [10, 299, 1024]) {
    expect(flipUpperLimit(0, n, 0.95)).toBeCloseTo(1 - 0.05 ** (1 / n), 12);
  }
  expect(flipUpperLimit(0, 1000, 0.95)).toBeLessThan(3 / 1000);
});

test("known limits: 5 of 100 at 95 % one-sided is 10.23 %", () => {
  expect(flipUpperLimit(5, 100, 0.95)).toBeCloseTo(0.1022534, 6);
  expect(flipUpperLimit(7, 7, 0.95)).toBe(1);
});

test("1 % needs 299 samples without a flip, 473 with one; 0.5 % needs 598", () => {
  expect(samplesForLimit(0.01, 0.95)).toBe(299);
  expect(samplesForLimit(0.01, 0.95, 1)).toBe(473);
  expect(samplesForLimit(0.005, 0.95)).toBe(598);
});

test("the limit covers the true rate as often as it says", () => {
  // Exact coverage: the probability of counts whose limit lies above the rate.
  for (const [n, p] of [
    [50, 0.03],
    [300, 0.01],
    [700, 0.004],
  ] as const) {
    let missed = 0;
    for (let k = 0; k <= n; k++) {
      if (flipUpperLimit(k, n, 0.95) < p)
        missed += binomialAtMost(k, n, p) - (k > 0 ? binomialAtMost(k - 1, n, p) : 0);
    }
    expect(missed).toBeLessThanOrEqual(0.05);
  }
});
