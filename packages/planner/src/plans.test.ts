import { parsePlan, printDocument, sumSites } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { convNet, lowHigh } from "../../ir/src/testing.js";
import { blankProfile, dynamicPlan, uniformPlan } from "./plans.js";
import { policies, policyNamed } from "./policies/index.js";
import { refine, withPrediction } from "./refine.js";
import { planFront } from "./plan-front.js";
import { ruleNamed, rules } from "./rules/index.js";
import { expectedFraction } from "./rules/rule.js";
import { ladder, neuronOf, optionsFor, profileOf, randomProfile, rungsOf, siteOf, tool } from "./testing.js";

const profile = randomProfile(2);

describe("uniformPlan", () => {
  test("puts every neuron on one rung", () => {
    for (const use of [0, 1]) {
      const plan = uniformPlan(profile, use, optionsFor());
      expect(new Set(rungsOf(plan).flat())).toEqual(new Set([use]));
      expect(plan).toMatchObject({
        mode: "uniform",
        policy: "uniform",
        budget: { kind: "none" },
        predicted: null,
      });
      expect(plan.decisions[0]!.because).toBe(`every sum uses ${lowHigh[use]!.format}`);
      expect(parsePlan(printDocument(plan), "p")).toEqual(plan);
    }
  });

  test("needs no samples: a blank profile of the graph will do", () => {
    const graph = convNet();
    const plan = uniformPlan(blankProfile(graph, lowHigh, tool), 0, optionsFor());
    expect(plan.decisions.map((d) => [d.site, d.neurons, d.length, d.macs])).toEqual(
      sumSites(graph).map((s) => [s.id, s.neurons, s.length, s.macs]),
    );
    expect(plan.drift[0]).toEqual({ site: "conv1", logKappaPrime: [null, null, null], peak: 0 });
    expect(parsePlan(printDocument(plan), "p")).toEqual(plan);
  });
});

describe("dynamicPlan", () => {
  test("gives every site the rule's test, with its own activation", () => {
    const plan = dynamicPlan(profile, ruleNamed("kappa"), 0.5, optionsFor());
    expect(plan).toMatchObject({ mode: "dynamic", policy: "kappa", budget: { kind: "tau", value: 0.5 } });
    for (const d of plan.decisions) {
      const test = { rule: "kappa", tau: 0.5, activation: "relu" };
      expect(d.ranges).toEqual([
        { start: 0, end: d.neurons, choice: { mode: "dynamic", low: 0, high: 1, test } },
      ]);
    }
    expect(dynamicPlan(profile, ruleNamed("random"), 0.25, optionsFor()).budget).toEqual({
      kind: "share",
      value: 0.25,
    });
  });

  test("of every rule is a document that can be read again", () => {
    for (const rule of rules) {
      const plan = dynamicPlan(profile, rule, 0.5, optionsFor(ladder.slice(0, 1).concat(ladder[2]!)));
      expect(parsePlan(printDocument(plan), "p")).toEqual(plan);
    }
  });

  test("goes from the lowest rung to the highest, and keeps sites high that shall be", () => {
    const plan = dynamicPlan(
      randomProfile(2, ladder),
      ruleNamed("kappa"),
      0.5,
      optionsFor(ladder, { forceHigh: (site) => site === "fc1" }),
    );
    expect(plan.decisions.map((d) => d.ranges[0]!.choice)).toMatchObject([
      { mode: "dynamic", low: 0, high: 2 },
      { mode: "static", use: 2 },
      { mode: "dynamic", low: 0, high: 2 },
    ]);
  });
});

describe("what rules expect", () => {
  const site = siteOf("fc", 10, [
    neuronOf({ first: 0, counts: [10, 0, 0, 0, 0, 0, 0, 0, 30], infinite: 10 }),
    neuronOf({ zeros: 50, counts: [] }),
  ]);

  test("kappa: the share of kappa' above tau, averaged over neurons", () => {
    expect(ruleNamed("kappa").expectedShare(site, 1.5)).toBeCloseTo((40 / 50 + 0) / 2, 12);
    expect(
      expectedFraction(
        ruleNamed("kappa"),
        profileOf([site, siteOf("dead", 30, [neuronOf({ zeros: 9, counts: [] })])]),
        1.5,
      ),
    ).toBeCloseTo(0.4 * (20 / 50), 12);
  });

  test("random: the share itself; random-live: its part among the living", () => {
    const half = siteOf("fc", 10, [neuronOf({ dead: 1 }), neuronOf({ dead: 0 })]);
    expect([ruleNamed("random"), ruleNamed("random-live")].map((r) => r.expectedShare(half, 0.4))).toEqual([
      0.4, 0.2,
    ]);
  });

  test("never grows with a tau, never falls with a share", () => {
    for (const rule of rules) {
      const at = [0.01, 0.1, 0.3, 0.5, 0.9].map((x) => expectedFraction(rule, profile, x));
      const sorted = [...at].sort((a, b) => (rule.threshold === "share" ? a - b : b - a));
      expect(at, rule.name).toEqual(sorted);
    }
  });
});

describe("the drift marks", () => {
  test("are medians over neurons of the quantiles of log kappa', null where they are not finite", () => {
    const marks = (first: number[]): unknown =>
      uniformPlan(
        profileOf([
          siteOf(
            "fc",
            4,
            first.map((f) => neuronOf({ first: f, counts: [100] })),
          ),
        ]),
        0,
        optionsFor(),
      ).drift[0];
    expect(marks([0, 80, 8])).toMatchObject({ site: "fc", peak: 10 });
    const [median] = (marks([0, 80, 8]) as { logKappaPrime: number[] }).logKappaPrime;
    expect(Math.floor(median!)).toBe(1);
    const zeros = uniformPlan(
      profileOf([siteOf("fc", 4, [neuronOf({ zeros: 5, counts: [] })])]),
      0,
      optionsFor(),
    );
    expect(zeros.drift[0]!.logKappaPrime).toEqual([null, null, null]);
  });
});

describe("predictions", () => {
  const predict = async () => ({ error: 0.1, flips: 0.02, cost: 0.7, fractionHigh: 0.4, samples: 64 });

  test("are those of samples that did not build the plan, and say so", async () => {
    const plan = await withPrediction(uniformPlan(profile, 0, optionsFor()), predict);
    expect(plan.predicted).toEqual({ ...(await predict()), guarantee: "calibrated" });
    expect(parsePlan(printDocument(plan), "p")).toEqual(plan);
  });

  test("refine cuts the front at the budget and predicts that plan", async () => {
    const front = planFront(profile, policyNamed("absolute"), optionsFor());
    const plan = await refine(front, { kind: "cost", value: 0.75 }, async (p) => ({
      ...(await predict()),
      cost: p.decisions.length,
    }));
    expect(plan.predicted!.cost).toBe(3);
    expect(plan.budget).toEqual({ kind: "cost", value: 0.75 });
  });
});

describe("refused:", () => {
  test("a profile that has not measured a rung of the ladder", () => {
    expect(() => planFront(profile, policyNamed("absolute"), optionsFor(ladder)))
      .toThrowErrorMatchingInlineSnapshot(`
      [PlannerError: The profile has not measured the accumulator bfloat16 that the plan wants
        where: the profile of "made up"
        next: calibrate again with the same --preset, --low, --high, --formats, --order and --product]
    `);
  });

  test("unknown names, with those there are", () => {
    expect(() => policyNamed("magic")).toThrowErrorMatchingInlineSnapshot(`
      [PlannerError: There is no policy "magic"
        where: the choice of a static policy
        next: use one of: uniform, absolute, kappa, kappa-ladder, random, random-live, sensitivity, sensitivity-measured, sensitivity-partial, sensitivity-ulp]
    `);
    expect(() => ruleNamed("magic")).toThrowErrorMatchingInlineSnapshot(`
      [PlannerError: There is no dynamic rule "magic"
        where: the choice of a rule
        next: use one of: contribution, kappa, kappa-full, random, random-live]
    `);
  });
});

test("registries are sorted, and every entry is found by its name and explains itself", () => {
  for (const [list, named] of [
    [policies, policyNamed],
    [rules, ruleNamed],
  ] as const) {
    const names = list.map((x) => x.name);
    expect(names).toEqual([...names].sort());
    for (const entry of list) {
      expect(named(entry.name)).toBe(entry);
      expect(entry.about.length).toBeGreaterThan(20);
      expect(entry.control === true).toBe(entry.name.startsWith("random"));
    }
  }
});

describe("contribution", () => {
  const rule = ruleNamed("contribution");
  const neurons = [
    neuronOf({ sensitivity: 2 }),
    neuronOf({ sensitivity: 0.5 }),
    neuronOf({ sensitivity: 0 }),
  ];
  const site = siteOf("fc", 10, neurons);

  test("a neuron's threshold on its own score is theta over its sensitivity", () => {
    expect(rule.test(site, 0.5, 1)).toEqual({
      rule: "contribution",
      activation: "relu",
      thresholds: [0.25, 1, Number.MAX_VALUE],
    });
  });

  test("below zero the sensitive ones reach further, and who reaches no output is left alone", () => {
    const test = rule.test(site, -0.5, 1);
    if (test.rule !== "contribution") throw new Error("unexpected rule");
    const [a, b, c] = test.thresholds as [number, number, number];
    expect(a).toBeLessThan(b);
    expect(b).toBeLessThan(0);
    expect(c).toBe(Number.MAX_VALUE);
  });

  test("before a softmax whole rows decide, by p (1 - p)", () => {
    const attention = { ...site, softmaxScale: 0.25 };
    const at = (theta: number) => rule.test(attention, theta, 1);
    expect(at(0.5)).toMatchObject({ rule: "softmax", scale: 0.25 });
    expect(at(-1)).toEqual({ rule: "softmax", tau: 0, scale: 0.25 });
    const tau = (theta: number): number => (at(theta) as { tau: number }).tau;
    expect(tau(1)).toBeCloseTo(2 * tau(0.5), 12);
  });
});
