// The comparison through the library: how costs relate to what was executed, and what stands beside what.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compareModel, loadSamples, type Comparison } from "../src/node.js";
import { models, tiny } from "./support.js";
import path from "node:path";

const source = { bytes: new Uint8Array(readFileSync(tiny)), name: "tiny" };
const inputs = [{ id: "input", type: { elem: "float32" as const, shape: ["N", 49] } }];
const labels = path.join(models, "tiny", "samples", "labels-24.idx1-ubyte.gz");
const { samples } = loadSamples({ modelPath: tiny, inputs, labels });

let comparison: Comparison;
beforeAll(async () => {
  comparison = await compareModel(source, samples, { rules: ["all"], policies: ["all"] });
});

describe("compareModel", () => {
  test("uniform rows cost what their format costs", () => {
    const uniform = comparison.rows.filter((row) => row.mode === "uniform" && row.targetCost === null);
    const equal = comparison.rows.filter((row) => row.mode === "uniform" && row.targetCost !== null);
    expect(equal.map((row) => [row.name, row.cost, row.targetCost])).toEqual([
      ["uniform e4m5", 0.625, 0.625],
      ["uniform e4m7", 0.75, 0.75],
      ["uniform e4m9", 0.875, 0.875],
    ]);
    expect(uniform.map((row) => [row.name, row.cost, row.fractionHigh])).toEqual([
      ["uniform ieee-e4m3", 0.5, 0],
      ["uniform binary16", 1, 1],
    ]);
  });

  test("a dynamic row costs r + rho, or 2 r + rho where |W||h| is computed; a static one r + (1 - r) rho", () => {
    const r = 0.5;
    let seen = 0;
    for (const row of comparison.rows) {
      // A hybrid pays both ways, and a third format pays neither.
      if (row.cost === null || row.mode === "hybrid" || /^uniform e4m[579]$/.test(row.name)) continue;
      const rho = row.fractionHigh!;
      const expected = {
        dynamic: (row.rule === "kappa-full" ? 2 * r : r) + rho,
        static: r + (1 - r) * rho,
        uniform: r + (1 - r) * rho,
        hybrid: NaN,
      }[row.mode];
      expect(Math.abs(row.cost - expected), row.name).toBeLessThan(1e-9);
      seen++;
    }
    expect(seen).toBeGreaterThan(30);
  });

  test("a row's target is missed in silence by nobody", () => {
    for (const row of comparison.rows) {
      if (row.targetCost === null || row.cost === null || row.cost <= row.targetCost + 0.005) continue;
      expect(row.note).toMatch(/more than its target on these samples/);
    }
  });

  test("static rows never cost more than their target: neurons cost the same on every sample", () => {
    const fixed = comparison.rows.filter((row) => row.mode === "static" && row.cost !== null);
    for (const row of fixed) expect(row.cost).toBeLessThanOrEqual(row.targetCost! + 1e-12);
  });

  test("the evaluation samples are those that were neither built nor tuned on", () => {
    expect(comparison).toMatchObject({ samples: { build: 9, tune: 3, random: false }, evaluated: 12 });
    expect(comparison.settings["referenceAccuracy"]).toBe(1);
    expect(comparison.settings["evaluationDigest"]).not.toBe(comparison.samples.digest);
  });

  test("controls and contenders are there even where nothing else is asked for", async () => {
    const { rows } = await compareModel(source, samples, {
      rules: [],
      policies: [],
      targetCosts: [0.75],
      taus: [],
    });
    expect(rows.map((row) => row.name)).toEqual([
      ...["uniform ieee-e4m3", "uniform binary16"],
      ...["dynamic contribution", "dynamic random", "dynamic random-live"],
      ...["static sensitivity", "static random", "static random-live"],
      ...["hybrid", "uniform e4m7"],
    ]);
  });

  test("a ladder of three has three uniform rows, and its static rows use the middle", async () => {
    const { rows } = await compareModel(source, samples, {
      formats: ["ieee-e4m3", "e4m7", "binary16"],
      targetCosts: [0.75],
      policies: ["absolute"],
    });
    expect(rows.filter((row) => row.mode === "uniform").map((row) => row.cost)).toEqual([0.5, 0.75, 1]);
    const [absolute] = rows.filter((row) => row.policy === "absolute");
    // All of the middle format would cost the same as half low, half high.
    expect(absolute!.fractionHigh).toBeLessThan(0.5);
    expect(absolute!.cost).toBeGreaterThan(0.7);
  });

  test("what is kept high is paid for: targets below its cost are out of reach", async () => {
    const { rows } = await compareModel(source, samples, {
      exclude: ["fc1"],
      targetCosts: [0.75, 0.9],
      taus: [],
    });
    for (const row of rows.filter((row) => row.targetCost === 0.75)) {
      expect(row).toMatchObject({ cost: null, note: "cannot: it costs at least 0.8577" });
    }
    for (const row of rows.filter((row) => row.targetCost === 0.9)) {
      expect(row.fractionHigh).toBeGreaterThan(0.71);
      if (!row.note) expect(row.cost).toBeLessThanOrEqual(0.905);
    }
  });

  test.each([
    [{ rules: ["best"] }, /no dynamic rule "best"/],
    [{ rules: ["all", "best"] }, /no dynamic rule "best"/],
    [{ policies: ["magic"] }, /no policy "magic"/],
    [{ taus: [-1] }, /-1 is out of range/],
    [{ targetCosts: [Infinity] }, /Infinity is out of range/],
  ])("%o is refused before any sample is run", async (options, message) => {
    const untouched = {
      ...samples,
      at: () => {
        throw new Error("a sample was run");
      },
    };
    await expect(compareModel(source, untouched, options)).rejects.toThrow(message);
  });
});
