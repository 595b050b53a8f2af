import {
  measuredCost,
  parsePlan,
  printDocument,
  type Accumulator,
  type Costs,
  type ExecutedSite,
  type Plan,
  type Profile,
} from "@mpplan/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lowHigh } from "../../ir/src/testing.js";
import { planAt, planFront } from "./plan-front.js";
import { policies, policyNamed } from "./policies/index.js";
import { ladder, neuronOf, optionsFor, profileOf, randomProfile, rungsOf, siteOf } from "./testing.js";

const ladders: readonly (readonly [string, readonly Accumulator[], Costs?])[] = [
  ["two formats", lowHigh],
  ["three formats", ladder],
  ["three formats, the second step cheap", ladder, { "ieee-e4m3": 1, bfloat16: 10, binary32: 11 }],
];

/** What a static plan executes: every neuron as often as its site has pixels. */
function executedBy(plan: Plan): ExecutedSite[] {
  return plan.decisions.map((d) => {
    const pixels = d.macs / d.length / d.neurons;
    const components = plan.accumulators.map(() => 0);
    for (const { start, end, choice } of d.ranges) {
      if (choice.mode === "static") components[choice.use]! += (end - start) * pixels;
    }
    return {
      site: d.site,
      backend: "test",
      components,
      recomputed: 0,
      magnitudes: 0,
      total: d.neurons * pixels,
      substitution: null,
    };
  });
}

const cases = ladders.flatMap(([name, accumulators, costs]) =>
  policies.map((policy) => [policy.name, name, policy, accumulators, costs] as const),
);

describe.each(cases)("the policy %s, %s", (_, __, policy, accumulators, costs) => {
  const options = optionsFor(accumulators, { costs });
  const seeds = fc.integer({ min: 0, max: 1e6 });
  const check = (property: (profile: Profile, x: number) => void): void =>
    fc.assert(
      fc.property(seeds, fc.double({ min: 0, max: 1, noNaN: true }), (seed, x) =>
        property(randomProfile(seed, accumulators), x),
      ),
      { numRuns: 40 },
    );

  test("decides every neuron of every site, in order, and says why", () => {
    check((profile, x) => {
      const plan = planAt(planFront(profile, policy, options), { kind: "share", value: x });
      expect(plan.decisions.map((d) => [d.site, d.neurons])).toEqual(
        profile.sites.map((s) => [s.site, s.neurons.length]),
      );
      for (const d of plan.decisions) {
        expect(d.ranges[0]!.start).toBe(0);
        expect(d.ranges.at(-1)!.end).toBe(d.neurons);
        d.ranges.slice(1).forEach((range, i) => expect(range.start).toBe(d.ranges[i]!.end));
        d.ranges.slice(1).forEach((range, i) => expect(range.choice).not.toEqual(d.ranges[i]!.choice));
        expect(d.because.length).toBeGreaterThan(10);
      }
      expect(parsePlan(printDocument(plan), "p")).toEqual(plan);
    });
  });

  test("never spends more than a cost, and leaves nothing that would still fit", () => {
    check((profile, x) => {
      const front = planFront(profile, policy, options);
      const budget = front.baseCost + x * (1 - front.baseCost);
      const plan = planAt(front, { kind: "cost", value: budget });
      const { cost } = measuredCost(plan, executedBy(plan));
      expect(cost).toBeLessThanOrEqual(budget + 1e-12);
      const rungs = rungsOf(plan);
      for (const u of front.upgrades) {
        if (rungs[u.site]![u.neuron] === u.from) expect(cost + u.cost).toBeGreaterThan(budget - 1e-12);
      }
    });
  });

  test("never moves more than a share to the highest rung", () => {
    check((profile, x) => {
      const plan = planAt(planFront(profile, policy, options), { kind: "share", value: x });
      expect(measuredCost(plan, executedBy(plan)).fractionHigh).toBeLessThanOrEqual(x + 1e-12);
    });
  });

  test("costs what its front says, to 1e-12", () => {
    check((profile, x) => {
      const front = planFront(profile, policy, options);
      const plan = planAt(front, { kind: "share", value: x });
      const rungs = rungsOf(plan);
      const taken = front.upgrades.filter((u) => rungs[u.site]![u.neuron]! > u.from);
      const predicted = taken.reduce((sum, u) => sum + u.cost, front.baseCost);
      const high = taken.reduce((sum, u) => sum + u.high, 0);
      const measured = measuredCost(plan, executedBy(plan));
      expect(Math.abs(measured.cost - predicted)).toBeLessThan(1e-12);
      expect(Math.abs(measured.fractionHigh - high)).toBeLessThan(1e-12);
    });
  });

  test("takes a larger tau to fewer neurons, never to others", () => {
    if (policy.tauUnit === null) return;
    check((profile, x) => {
      const front = planFront(profile, policy, options);
      const at = (tau: number): number[] => rungsOf(planAt(front, { kind: "tau", value: tau })).flat();
      const [loose, tight] = [at(8 * x), at(4 * x * x)];
      const [large, small] = 8 * x >= 4 * x * x ? [loose, tight] : [tight, loose];
      large.forEach((rung, i) => expect(rung).toBeLessThanOrEqual(small[i]!));
    });
  });

  test("puts neurons that clip before all others", () => {
    check((profile) => {
      const front = planFront(profile, policy, options);
      const clips = (u: (typeof front.upgrades)[number]): boolean =>
        profile.sites[u.site]!.neurons[u.neuron]!.rungs[u.from]!.clipped > 0;
      const order = front.upgrades.map(clips);
      expect(order.lastIndexOf(true)).toBeLessThan(
        order.indexOf(false) === -1 ? order.length : order.indexOf(false),
      );
    });
  });

  test("gives the same bytes for the same profile and seed", () => {
    const text = (): string =>
      printDocument(
        planAt(planFront(randomProfile(5, accumulators), policy, options), { kind: "share", value: 0.4 }),
      );
    expect(text()).toBe(text());
  });
});

describe("on a ladder", () => {
  test("a step never overtakes the one below it", () => {
    for (const policy of policies) {
      const { upgrades } = planFront(randomProfile(3, ladder), policy, optionsFor(ladder));
      const reached = new Map<string, number>();
      for (const u of upgrades) {
        const key = `${u.site}|${u.neuron}`;
        expect(u.from, policy.name).toBe(reached.get(key) ?? 0);
        reached.set(key, u.from + 1);
      }
    }
  });

  test("kappa-ladder gives a neuron the cheapest format with u kappa <= tau", () => {
    // 0.9 quantiles of about 2^0.1, 2^3 and 2^8; u is 2^-4, 2^-8, 2^-24.
    const neurons = [0, 3, 8].map((octave) => neuronOf({ first: 8 * octave, counts: [100] }, 3));
    const front = planFront(
      profileOf([siteOf("fc", 10, neurons, 1, ladder)], ladder),
      policyNamed("kappa-ladder"),
      optionsFor(ladder),
    );
    const at = (tau: number): number[] => rungsOf(planAt(front, { kind: "tau", value: tau }))[0]!;
    expect(at(2 ** -3)).toEqual([0, 1, 2]);
    expect(at(2 ** 5)).toEqual([0, 0, 0]);
    expect(at(2 ** -4)).toEqual([1, 1, 2]);
    expect(at(2 ** -9)).toEqual([2, 2, 2]);
  });

  test("kappa takes a neuron to the top: high iff the median of kappa' is above tau", () => {
    const neurons = [0, 3].map((octave) => neuronOf({ first: 8 * octave, counts: [100] }, 3));
    const front = planFront(
      profileOf([siteOf("fc", 10, neurons, 1, ladder)], ladder),
      policyNamed("kappa"),
      optionsFor(ladder),
    );
    expect(rungsOf(planAt(front, { kind: "tau", value: 4 }))).toEqual([[0, 2]]);
  });
});

describe("kappa", () => {
  test("compares the median with tau, zeros and infinities counted", () => {
    const neurons = [
      neuronOf({ first: 8, counts: [51], zeros: 49 }),
      neuronOf({ first: 8, counts: [49], zeros: 51 }),
      neuronOf({ first: 8, counts: [49], infinite: 51 }),
    ];
    const front = planFront(profileOf([siteOf("fc", 10, neurons)]), policyNamed("kappa"), optionsFor());
    const at = (tau: number): number[] => rungsOf(planAt(front, { kind: "tau", value: tau }))[0]!;
    expect(at(1.9)).toEqual([1, 0, 1]);
    expect(at(2.3)).toEqual([0, 0, 1]);
    expect(at(1e30)).toEqual([0, 0, 1]);
  });
});

describe("absolute", () => {
  test("compares the RMS of A phi' with tau, and ranks by it per term of the sum", () => {
    const site = (name: string, length: number): ReturnType<typeof siteOf> =>
      siteOf(
        name,
        length,
        [1, 4, 2].map((magnitude) => neuronOf({ magnitude })),
      );
    const front = planFront(
      profileOf([site("short", 4), site("long", 64)]),
      policyNamed("absolute"),
      optionsFor(),
    );
    // Above tau, not at it.
    expect(rungsOf(planAt(front, { kind: "tau", value: 2 }))[0]).toEqual([0, 1, 0]);
    expect(rungsOf(planAt(front, { kind: "tau", value: 1.5 }))).toEqual([
      [0, 1, 1],
      [0, 1, 1],
    ]);
    expect(front.upgrades.map((u) => [u.site, u.neuron])).toEqual([
      [0, 1],
      [0, 2],
      [0, 0],
      [1, 1],
      [1, 2],
      [1, 0],
    ]);
  });

  test("leaves the dead for last", () => {
    const neurons = [neuronOf({ magnitude: 100, dead: 1 }), neuronOf({ magnitude: 0.01 })];
    const front = planFront(profileOf([siteOf("fc", 4, neurons)]), policyNamed("absolute"), optionsFor());
    expect(front.upgrades.map((u) => u.neuron)).toEqual([1, 0]);
  });
});

describe("the random controls", () => {
  const equal = profileOf([
    siteOf(
      "fc",
      10,
      Array.from({ length: 40 }, (_, i) => neuronOf({ dead: i < 10 ? 1 : 0.5 })),
    ),
  ]);
  const drawn = (name: string, seed: number): number[] =>
    rungsOf(
      planAt(planFront(equal, policyNamed(name), optionsFor(lowHigh, { seed })), {
        kind: "share",
        value: 0.25,
      }),
    )[0]!;

  test("draw every neuron equally often, and other neurons for another seed", () => {
    const counts = new Array<number>(40).fill(0);
    for (let seed = 0; seed < 400; seed++) drawn("random", seed).forEach((rung, i) => (counts[i]! += rung));
    // Each is drawn 100 times of 400, give or take: five standard deviations of sqrt(400 / 4 * 3 / 4).
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(5 * Math.sqrt(75));
  });

  test("random-live never takes a neuron that was dead on every sample", () => {
    const counts = new Array<number>(40).fill(0);
    for (let seed = 0; seed < 200; seed++)
      drawn("random-live", seed).forEach((rung, i) => (counts[i]! += rung));
    expect(counts.slice(0, 10)).toEqual(new Array(10).fill(0));
    expect(counts.reduce((a, b) => a + b)).toBe(200 * 10);
    for (const count of counts.slice(10))
      expect(Math.abs(count - 200 / 3)).toBeLessThan(5 * Math.sqrt((200 / 3) * (2 / 3)));
  });

  test("know no tau", () => {
    const front = planFront(equal, policyNamed("random"), optionsFor());
    expect(() => planAt(front, { kind: "tau", value: 1 })).toThrowError(
      expect.objectContaining({ code: "wrong-budget" }),
    );
  });
});

describe("what comes first", () => {
  const two = profileOf([
    siteOf("a", 10, [neuronOf({ infinite: 200, counts: [1], magnitude: 9 }), neuronOf({})]),
    siteOf("b", 10, [neuronOf({}), neuronOf({ clipped: [3] })]),
  ]);

  test("is the neuron that clips, even before one that is always zero", () => {
    for (const policy of policies) {
      const front = planFront(two, policy, optionsFor());
      expect(front.upgrades[0], policy.name).toMatchObject({ site: 1, neuron: 1, forced: "clipped" });
    }
    const plan = planAt(planFront(two, policyNamed("kappa"), optionsFor()), { kind: "share", value: 0.25 });
    expect(rungsOf(plan)).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(plan.decisions[1]!.because).toContain("1 clip in low precision");
  });

  test("is a whole site that shall be high, whatever the policy and the clipping", () => {
    const options = optionsFor(lowHigh, { forceHigh: (site) => site === "a" });
    for (const policy of policies) {
      const plan = planAt(planFront(two, policy, options), { kind: "share", value: 0.5 });
      expect(rungsOf(plan), policy.name).toEqual([
        [1, 1],
        [0, 0],
      ]);
      expect(plan.decisions[0]!.because).toBe("kept in high precision, as asked");
    }
    const tau = planAt(planFront(two, policyNamed("kappa"), options), { kind: "tau", value: 1e30 });
    expect(rungsOf(tau)[0]).toEqual([1, 1]);
  });

  test("is refused where the budget does not pay for it", () => {
    const front = planFront(
      two,
      policyNamed("kappa"),
      optionsFor(lowHigh, { forceHigh: (site) => site === "a" }),
    );
    for (const budget of [
      { kind: "share", value: 0.4 },
      { kind: "cost", value: 0.7 },
    ] as const) {
      expect(() => planAt(front, budget)).toThrowError(expect.objectContaining({ code: "wrong-budget" }));
    }
    expect(rungsOf(planAt(front, { kind: "cost", value: 0.75 }))).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  test("keeps a neuron from stopping where it clips and the cheaper format does not", () => {
    // bfloat16 has the range that binary16 lacks: the step to binary16 makes sense only together with the next one.
    const trade = ["bfloat16", "binary16", "binary32"].map((format): Accumulator => ({
      ...lowHigh[0]!,
      format,
    }));
    const neurons = [neuronOf({ first: 40, clipped: [0, 2] }, 3), neuronOf({}, 3)];
    const front = planFront(
      profileOf([siteOf("fc", 10, neurons, 1, trade)], trade),
      policyNamed("random"),
      optionsFor(trade),
    );
    for (let value = 0.5; value <= 1; value += 0.125) {
      expect(rungsOf(planAt(front, { kind: "cost", value }))[0]![0]).not.toBe(1);
    }
    expect(rungsOf(planAt(front, { kind: "none" }))).toEqual([[2, 2]]);
  });

  test("is looked up under the accumulator that was measured, not under its place on the ladder", () => {
    // The profile measured E4M3 and bfloat16; the plan's ladder starts at bfloat16, where the first neuron clips.
    const neurons = [neuronOf({ clipped: [0, 4] }, 3), neuronOf({ clipped: [4, 0] }, 3)];
    const profile = profileOf([siteOf("fc", 10, neurons, 1, ladder)], ladder);
    const plan = planAt(planFront(profile, policyNamed("random"), optionsFor(ladder.slice(1))), {
      kind: "share",
      value: 0.5,
    });
    expect(rungsOf(plan)).toEqual([[1, 0]]);
    expect(plan.drift[0]!.peak).toBe(20);
  });
});

describe("budgets", () => {
  const front = planFront(randomProfile(1), policyNamed("absolute"), optionsFor());

  test("none takes everything, a cost of uniform low nothing", () => {
    expect(new Set(rungsOf(planAt(front, { kind: "none" })).flat())).toEqual(new Set([1]));
    expect(new Set(rungsOf(planAt(front, { kind: "cost", value: 0.5 })).flat())).toEqual(new Set([0]));
  });

  test("of equal steps nest: what a small one buys, a larger one buys too", () => {
    const profile = profileOf([
      siteOf(
        "fc",
        8,
        Array.from({ length: 30 }, (_, i) => neuronOf({ first: (i * 7) % 30 })),
      ),
    ]);
    const equal = planFront(profile, policyNamed("kappa"), optionsFor());
    let before: number[] = new Array<number>(30).fill(0);
    for (let value = 0.5; value <= 1; value += 0.01) {
      const now = rungsOf(planAt(equal, { kind: "cost", value }))[0]!;
      expect(now.every((rung, i) => rung >= before[i]!)).toBe(true);
      before = now;
    }
    expect(before.filter((rung) => rung === 1).length).toBeGreaterThan(28);
  });

  test("below uniform low are refused with what it costs", () => {
    expect(() => planAt(front, { kind: "cost", value: 0.4 })).toThrowErrorMatchingInlineSnapshot(`
      [PlannerError: A modelled cost of 0.4 cannot be kept: everything in low precision costs 0.5 already
        where: the budget
        next: ask for a cost between 0.5 and 1, or for a cheaper low format]
    `);
  });

  test("a cost table moves the prices", () => {
    const cheap = planFront(
      randomProfile(1),
      policyNamed("absolute"),
      optionsFor(lowHigh, { costs: { "ieee-e4m3": 4 } }),
    );
    expect(cheap.baseCost).toBe(0.25);
    expect(planAt(cheap, { kind: "cost", value: 0.25 }).costs).toEqual({ binary16: 16, "ieee-e4m3": 4 });
  });
});
