// From wishes to settings, as pure functions: presets and their overrides, budgets, patterns.
import { describe, expect, test } from "vitest";
import { presets } from "@mpplan/ir";
import { describePrecision, resolveBudget, resolvePrecision } from "../src/settings.js";
import { highPrecisionSites } from "../src/site-patterns.js";

describe("resolvePrecision", () => {
  test("without wishes it is the default preset", () => {
    const { preset, accumulators, operands, costs } = resolvePrecision({});
    const expected = presets.find((p) => p.name === "e4m3-f16")!;
    expect(preset).toBe("e4m3-f16");
    expect(accumulators).toEqual([expected.low, expected.high]);
    expect(operands).toEqual({ weights: "ieee-e4m3", activations: null });
    expect(costs).toEqual({ "ieee-e4m3": 8, binary16: 16 });
  });

  test.each(presets.map((p) => p.name))("the preset %s is a ladder that climbs", (preset) => {
    const { accumulators, costs } = resolvePrecision({ preset });
    const ladder = accumulators.map((a) => costs[a.format]!);
    expect(ladder).toEqual(ladder.toSorted((a, b) => a - b));
  });

  test("every override reaches every rung", () => {
    const { accumulators } = resolvePrecision({
      preset: "paper",
      formats: ["e4m3", "e4m7", "binary32"].map((f) => (f === "e4m3" ? "ieee-e4m3" : f)),
      order: "chunked(32, binary32)",
      product: "rounded",
      rounding: "toward-zero",
      overflow: "infinity",
    });
    expect(accumulators.map((a) => a.format)).toEqual(["ieee-e4m3", "e4m7", "binary32"]);
    for (const a of accumulators) {
      expect(a).toMatchObject({
        order: { kind: "chunked", chunk: 32, outer: "binary32" },
        product: "rounded",
        rounding: "toward-zero",
        overflow: "infinity",
      });
    }
  });

  test("none leaves operands as they are", () => {
    expect(resolvePrecision({ weightsFormat: "none" }).operands).toEqual({
      weights: null,
      activations: null,
    });
    expect(resolvePrecision({ preset: "seq-f16", activationsFormat: "bfloat16" }).operands).toEqual({
      weights: null,
      activations: "bfloat16",
    });
  });

  test("equal bits need costs that tell them apart", () => {
    expect(() => resolvePrecision({ low: "bfloat16" })).toThrow(/bfloat16 \(cost 16\) comes before binary16/);
    expect(resolvePrecision({ low: "bfloat16", costs: { bfloat16: 12 } }).costs).toEqual({
      bfloat16: 12,
      binary16: 16,
    });
  });

  test("the echo names everything that was resolved", () => {
    expect(describePrecision(resolvePrecision({ formats: ["ieee-e4m3", "e4m7", "binary16"] }))).toEqual({
      preset: "e4m3-f16",
      low: "ieee-e4m3, blocked(8), f32-add, nearest-even, saturate",
      "rung 1": "e4m7, blocked(8), f32-add, nearest-even, saturate",
      high: "binary16, blocked(8), f32-add, nearest-even, saturate",
      operands: "weights ieee-e4m3, activations as they are",
      layout: "the order of the accumulators; rows that clip are scaled by powers of two",
      "modelled cost": "binary16 16, e4m7 12, ieee-e4m3 8",
    });
  });
});

describe("resolveBudget", () => {
  test("is what was given, or nothing", () => {
    expect(resolveBudget({})).toBeUndefined();
    expect(resolveBudget({ budget: 0 })).toEqual({ kind: "cost", value: 0 });
    expect(resolveBudget({ tau: 0.3 })).toEqual({ kind: "tau", value: 0.3 });
    expect(resolveBudget({ maxHigh: 1 })).toEqual({ kind: "share", value: 1 });
  });
  test("is one at most, and possible", () => {
    expect(() => resolveBudget({ tau: 1, maxHigh: 1 })).toThrow(/2 budgets are given/);
    expect(() => resolveBudget({ maxHigh: 1.01 })).toThrow(/no share/);
  });
});

describe("highPrecisionSites", () => {
  const sites = ["conv1", "conv2", "block/conv1", "fc.1", "fc11", "a+b"];
  const kept = (patterns: Parameters<typeof highPrecisionSites>[1]): string[] =>
    sites.filter(highPrecisionSites(sites, patterns) ?? (() => false));

  test("without patterns nothing is kept", () => {
    expect(highPrecisionSites(sites, {})).toBeUndefined();
  });
  test("* is any characters, ? is one, and the rest is meant literally", () => {
    expect(kept({ exclude: ["conv?"] })).toEqual(["conv1", "conv2"]);
    expect(kept({ exclude: ["*conv1"] })).toEqual(["conv1", "block/conv1"]);
    expect(kept({ exclude: ["fc.1"] })).toEqual(["fc.1"]);
    expect(kept({ exclude: ["a+b"] })).toEqual(["a+b"]);
    expect(kept({ exclude: ["*"] })).toEqual(sites);
  });
  test("what is not included is kept, and exclusion wins", () => {
    expect(kept({ include: ["conv*"] })).toEqual(["block/conv1", "fc.1", "fc11", "a+b"]);
    expect(kept({ include: ["conv*"], exclude: ["conv2"] })).toEqual([
      "conv2",
      "block/conv1",
      "fc.1",
      "fc11",
      "a+b",
    ]);
  });
  test("a pattern without effect is refused", () => {
    expect(() => kept({ include: ["conv*", "fd*"] })).toThrow(/"fd\*" matches no sum site/);
  });
});
