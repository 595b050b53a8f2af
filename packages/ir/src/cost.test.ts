import { describe, expect, test } from "vitest";
import { addExecuted, costTable, highAccumulators, measuredCost } from "./cost.js";
import type { Choice } from "./plan.js";
import type { Accumulator } from "./precision.js";
import { presetNamed } from "./presets.js";
import type { ExecutedSite } from "./report.js";
import { lowHigh, mlp, planOf } from "./testing.js";

function site(name: string, components: number[], rest: Partial<ExecutedSite> = {}): ExecutedSite {
  const total = components.reduce((a, b) => a + b, 0);
  return {
    site: name,
    backend: "test",
    components,
    recomputed: 0,
    magnitudes: 0,
    total,
    substitution: null,
    ...rest,
  };
}

describe("costTable", () => {
  test("prices a multiply-accumulate by the bits of its format, unless told otherwise", () => {
    expect(costTable(lowHigh)).toEqual({ binary16: 16, "ieee-e4m3": 8 });
    expect(costTable(lowHigh, { "ieee-e4m3": 6, bfloat16: 1 })).toEqual({ binary16: 16, "ieee-e4m3": 6 });
    expect(costTable([presetNamed("seq-f16").low, presetNamed("seq-f16").high])).toEqual({
      binary16: 16,
      binary32: 32,
    });
  });
});

describe("measuredCost", () => {
  // fc1 has sums of 4 terms, fc2 of 10: r = 1/2.
  const plan = planOf(mlp([4, 10, 3]), () => ({ mode: "static", use: 0 }));
  const r = 0.5;

  test("a static run costs r + (1 - r) rho, weighted by multiply-accumulates", () => {
    const executed = [site("fc1", [7, 3]), site("fc2", [1, 2])];
    const rho = (3 * 4 + 2 * 10) / (10 * 4 + 3 * 10);
    const { cost, fractionHigh } = measuredCost(plan, executed);
    expect(Math.abs(fractionHigh - rho)).toBeLessThan(1e-12);
    expect(Math.abs(cost - (r + (1 - r) * rho))).toBeLessThan(1e-12);
  });

  test("a dynamic run costs r + rho: what is recomputed is paid twice", () => {
    const executed = [
      site("fc1", [10, 3], { recomputed: 3, total: 10 }),
      site("fc2", [3, 1], { recomputed: 1, total: 3 }),
    ];
    const rho = (3 * 4 + 1 * 10) / 70;
    expect(Math.abs(measuredCost(plan, executed).cost - (r + rho))).toBeLessThan(1e-12);
    expect(Math.abs(measuredCost(plan, executed).fractionHigh - rho)).toBeLessThan(1e-12);
  });

  test("kappa-full costs 2 r + rho: |W||h| is one more low pass", () => {
    const executed = [
      site("fc1", [10, 3], { recomputed: 3, magnitudes: 10, total: 10 }),
      site("fc2", [3, 1], { recomputed: 1, magnitudes: 3, total: 3 }),
    ];
    const test = { rule: "kappa-full", tau: 1, activation: "relu" } as const;
    const full = planOf(mlp([4, 10, 3]), () => ({ mode: "dynamic", low: 0, high: 1, test }));
    expect(Math.abs(measuredCost(full, executed).cost - (2 * r + 22 / 70))).toBeLessThan(1e-12);
  });

  test("|W||h| costs what the low accumulator costs that it goes with, neuron by neuron", () => {
    const accumulators = ["ieee-e4m3", "binary16", "binary32"].map((format) => ({ ...lowHigh[0]!, format }));
    const full = (low: number): Choice => ({
      mode: "dynamic",
      low,
      high: 2,
      test: { rule: "kappa-full", tau: 1, activation: "relu" },
    });
    // fc1: six neurons from E4M3 (8 bits), two from binary16, two static.
    const mixed = planOf(
      mlp([4, 10, 3]),
      (site, n) => (site.id === "fc2" || n > 7 ? { mode: "static", use: 0 } : full(n < 6 ? 0 : 1)),
      { accumulators },
    );
    const executed = [
      site("fc1", [8, 2, 1], { recomputed: 1, magnitudes: 8, total: 10 }),
      site("fc2", [3, 0, 0]),
    ];
    const bits = 4 * (8 * 8 + 2 * 16 + 1 * 32 + 6 * 8 + 2 * 16) + 10 * 3 * 8;
    expect(Math.abs(measuredCost(mixed, executed).cost - bits / (70 * 32))).toBeLessThan(1e-12);
  });

  test("all accumulators of the last one's format are high, whatever their orders", () => {
    const blocks = (a: Accumulator, block: number): Accumulator => ({
      ...a,
      order: { kind: "blocked", block },
    });
    const [low, high] = [lowHigh[0]!, lowHigh[1]!];
    const accumulators = [blocks(low, 8), blocks(low, 32), blocks(high, 8), blocks(high, 32)];
    expect(highAccumulators(accumulators)).toEqual(new Set([2, 3]));
    const ladder = planOf(mlp([4, 10, 3]), () => ({ mode: "static", use: 0 }), { accumulators });
    const executed = [site("fc1", [1, 2, 3, 4]), site("fc2", [0, 1, 0, 2])];
    const rho = (7 * 4 + 2 * 10) / 70;
    const { cost, fractionHigh } = measuredCost(ladder, executed);
    expect(Math.abs(fractionHigh - rho)).toBeLessThan(1e-12);
    expect(Math.abs(cost - (r + (1 - r) * rho))).toBeLessThan(1e-12);
  });

  test("uniform high costs 1, uniform low r, nothing at all 0", () => {
    expect(measuredCost(plan, [site("fc1", [0, 10])])).toEqual({ cost: 1, fractionHigh: 1 });
    expect(measuredCost(plan, [site("fc1", [10, 0])])).toEqual({ cost: 0.5, fractionHigh: 0 });
    expect(measuredCost(plan, [])).toEqual({ cost: 0, fractionHigh: 0 });
  });
});

test("addExecuted adds up site by site and leaves its arguments alone", () => {
  const run = [site("fc1", [2, 1], { recomputed: 1, magnitudes: 2, total: 2, substitution: "why" })];
  const once = addExecuted([], run);
  expect(addExecuted(once, run)).toEqual([
    site("fc1", [4, 2], { recomputed: 2, magnitudes: 4, total: 4, substitution: "why" }),
  ]);
  expect(once).toEqual(run);
  expect(once[0]!.components).not.toBe(run[0]!.components);
});
