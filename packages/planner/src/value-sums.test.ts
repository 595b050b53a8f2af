import { presetNamed, type Accumulator, type ValueProfile, type ValueStatistics } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { planAt, planFront } from "./plan-front.js";
import { dynamicPlan, uniformPlan } from "./plans.js";
import { policyNamed } from "./policies/index.js";
import { ruleNamed } from "./rules/index.js";
import { neuronOf, optionsFor, profileOf, siteOf } from "./testing.js";
import { decideValueSums, wideAccumulator } from "./value-sums.js";

const { high } = presetNamed("e4m3-f16");

/** 100 sums of terms of size 1 of which the share r does not cancel. */
function site(length: number, sameSign = true, facts: Partial<ValueStatistics> = {}, r = 1): ValueProfile {
  const statistics = {
    count: 100,
    nonFinite: 0,
    peak: length,
    sum: [100 * length * r],
    magnitude: [100 * length],
    ...facts,
  };
  return { site: "s", op: "Softmax", length, sameSign, neurons: [statistics] };
}

const formatOf = (profile: ValueProfile, accumulator = high): string =>
  decideValueSums(profile, accumulator).accumulator.format;

describe("a sum of one sign", () => {
  test("takes the high format up to n u = 0.5, and binary32 beyond", () => {
    expect(decideValueSums(site(1024), high)).toEqual({
      accumulator: high,
      because: "a sum of 1024 values of one sign is short enough for binary16 (n u = 0.5)",
    });
    expect(decideValueSums(site(1500), high)).toEqual({
      accumulator: wideAccumulator,
      because: "a sum of 1500 values of one sign would stagnate in binary16 (n u = 0.73 > 0.5): binary32",
    });
  });

  test("u is that of the coarsest rounding on the way", () => {
    const bfloat16: Accumulator = { ...high, format: "bfloat16" };
    expect([128, 129].map((n) => formatOf(site(n), bfloat16))).toEqual(["bfloat16", "binary32"]);
    const toZero: Accumulator = { ...high, rounding: "toward-zero" };
    expect([512, 513].map((n) => formatOf(site(n), toZero))).toEqual(["binary16", "binary32"]);
    const aligned: Accumulator = { ...high, order: { kind: "aligned", group: 32, bits: 8 } };
    expect([64, 65].map((n) => formatOf(site(n), aligned))).toEqual(["binary16", "binary32"]);
    const chunked: Accumulator = { ...high, order: { kind: "chunked", chunk: 32, outer: "bfloat16" } };
    expect([128, 129].map((n) => formatOf(site(n), chunked))).toEqual(["binary16", "binary32"]);
  });

  test("keeps a high format that is as good as binary32", () => {
    for (const format of ["binary32", "binary64"]) {
      expect(formatOf(site(2 ** 24), { ...high, format })).toBe(format);
    }
  });
});

describe("a sum of any sign", () => {
  test("is taken for one of one sign where nothing was measured, or nothing cancels", () => {
    const blank = { count: 0, peak: 0, sum: [], magnitude: [] };
    expect([1024, 1025].map((n) => formatOf(site(n, false, blank)))).toEqual(["binary16", "binary32"]);
    expect(formatOf(site(1025, false))).toBe("binary32");
  });

  test("may be longer by as much as cancels, until roundings alone make 1 %", () => {
    expect(formatOf(site(2000, false, {}, 0.5))).toBe("binary16");
    expect(decideValueSums(site(2100, false, {}, 0.5), high).because).toBe(
      "a sum of 2100 values of any sign would stagnate in binary16 (r n u = 0.51 > 0.5): binary32",
    );
    // 0.3004 sqrt(n) / 2048 = 0.01 at n = 4648
    expect([4600, 4700].map((n) => formatOf(site(n, false, {}, 0.01)))).toEqual(["binary16", "binary32"]);
  });
});

test("range decides too: what grows beyond the format, or whose terms are too small for it", () => {
  expect(decideValueSums(site(10, true, { peak: 7e4 }), high).because).toBe(
    "a sum of 10 values of one sign grows to 70000, beyond the 65504 of binary16: binary32",
  );
  expect(formatOf(site(10, true, { nonFinite: 1 }))).toBe("binary32");
  expect(decideValueSums(site(10, true, { magnitude: [1e-3] }), high).because).toBe(
    "a sum of 10 values of one sign of 0.000001 on average would leave the normal range of binary16: binary32",
  );
  expect(formatOf(site(10, true, { magnitude: [], sum: [], peak: 0 }))).toBe("binary16");
});

describe("plans", () => {
  const profile = {
    ...profileOf([siteOf("fc", 10, [neuronOf({})])]),
    valueSums: [site(10), { ...site(1500), site: "t" }],
  };
  const options = optionsFor();
  const plans = [
    uniformPlan(profile, 0, options),
    uniformPlan(profile, 1, options),
    dynamicPlan(profile, ruleNamed("kappa"), 1, options),
    planAt(planFront(profile, policyNamed("sensitivity"), options), { kind: "cost", value: 0.75 }),
  ];

  test("of every kind decide value sums alike, at no cost", () => {
    for (const plan of plans) {
      const formats = plan.decisions.slice(1).map(({ ranges, macs, term, because }) => {
        const { choice } = ranges[0]!;
        if (choice.mode !== "static") throw new Error("dynamic");
        return [plan.accumulators[choice.use]!.format, macs, term, because.slice(0, 17)];
      });
      expect(formats).toEqual([
        ["binary16", 0, "value", "a sum of 10 value"],
        ["binary32", 0, "value", "a sum of 1500 val"],
      ]);
    }
  });

  test("keep the high accumulator last, and price every format", () => {
    for (const { accumulators, costs } of plans) {
      expect(accumulators.map((a) => a.format)).toEqual(["binary32", "ieee-e4m3", "binary16"]);
      expect(costs).toEqual({ binary16: 16, binary32: 32, "ieee-e4m3": 8 });
    }
  });

  test("of models without value sums are as they were", () => {
    const plain = uniformPlan(profileOf([siteOf("fc", 10, [neuronOf({})])]), 0, options);
    expect(plain.accumulators.map((a) => a.format)).toEqual(["ieee-e4m3", "binary16"]);
    expect(plain.decisions).toHaveLength(1);
    expect(plain.decisions[0]).not.toHaveProperty("term");
  });
});
