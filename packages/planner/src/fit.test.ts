import type { Plan } from "@mpplan/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitThresholds, type FitRequest, type Fitted } from "./fit.js";
import { ruleNamed } from "./rules/index.js";
import { neuronOf, optionsFor, profileOf, siteOf } from "./testing.js";

/** kappa' spread evenly over 2^-4 .. 2^4, a tenth of it zero: the profile's guess. */
const profile = profileOf([
  siteOf("fc", 10, [neuronOf({ first: -32, counts: new Array<number>(64).fill(9), zeros: 64 })]),
]);

const thresholdOf = (plan: Plan): number => (plan.budget as { value: number }).value;

interface Watched {
  readonly fitted: Fitted[];
  /** Plans simulated per round. */
  readonly rounds: number[];
}

async function fit(
  requests: readonly FitRequest[],
  truth: (threshold: number, plan: Plan) => number,
): Promise<Watched> {
  const rounds: number[] = [];
  const fitted = await fitThresholds(profile, requests, optionsFor(), async (plans) => {
    rounds.push(plans.length);
    return plans.map((plan) => ({ fractionHigh: truth(thresholdOf(plan), plan) }));
  });
  return { fitted, rounds };
}

const kappa = (fraction: number): FitRequest => ({ rule: ruleNamed("kappa"), fraction });
/** Its test takes values between those of E4M3, so that any fraction can be reached. */
const full = (fraction: number): FitRequest => ({ rule: ruleNamed("kappa-full"), fraction });
const random = (fraction: number): FitRequest => ({ rule: ruleNamed("random"), fraction });

/** What the profile expects, moved and squeezed as later layers and other samples would. */
const smooth =
  (shift: number, top: number) =>
  (tau: number): number =>
    Math.min(top, Math.max(0, (top * (4 + shift - Math.log2(tau))) / 8));
/** Steps: v_low lies on E4M3's grid, eight values an octave. */
const steps =
  (f: (tau: number) => number) =>
  (tau: number): number =>
    f(2 ** (Math.ceil(Math.log2(tau) * 8) / 8));

describe("a rule with a tau", () => {
  test("reaches its target from below, in few rounds", async () => {
    for (const shift of [0, 0.5, -1.5, 3]) {
      const { fitted, rounds } = await fit([0.1, 0.3, 0.6].map(full), smooth(shift, 0.9));
      for (const f of fitted) {
        expect(f.fraction).toBeLessThanOrEqual(f.request.fraction);
        expect(f.fraction).toBeGreaterThan(f.request.fraction - 0.002);
        expect(f.saturated).toBe(false);
        expect(f.plan.budget).toEqual({ kind: "tau", value: f.threshold });
      }
      expect(rounds.length).toBeLessThanOrEqual(6);
    }
  });

  test("takes the step below the target where the fraction moves in steps", async () => {
    const truth = steps(smooth(0.3, 0.9));
    const { fitted, rounds } = await fit([0.2, 0.5, 0.77].map(kappa), truth);
    for (const f of fitted) {
      expect(f.fraction).toBeLessThanOrEqual(f.request.fraction);
      expect(f.fraction).toBe(truth(f.threshold));
      // No grid value between: one step up is too much.
      expect(truth(f.threshold * 2 ** -0.2)).toBeGreaterThan(f.request.fraction);
      expect(f.fraction).toBeGreaterThan(f.request.fraction - 2 * (0.9 / 64));
    }
    expect(rounds.length).toBeLessThanOrEqual(7);
  });

  test("never exceeds its target, whatever it is told, as long as some threshold keeps it", async () => {
    const shapes = fc.record({
      shift: fc.double({ min: -8, max: 8, noNaN: true }),
      top: fc.double({ min: 0.05, max: 1, noNaN: true }),
      stepped: fc.boolean(),
      target: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ shift, top, stepped, target }) => {
        const truth = stepped ? steps(smooth(shift, top)) : smooth(shift, top);
        const { fitted, rounds } = await fit([kappa(target)], truth);
        const [f] = fitted;
        expect(f!.fraction).toBeLessThanOrEqual(target);
        expect(f!.fraction).toBe(truth(f!.threshold));
        if (f!.saturated) expect(f!.fraction).toBe(truth(2 ** -60));
        expect(rounds.length).toBeLessThanOrEqual(8);
      }),
    );
  });

  test("stops where it has nothing left to recompute, and says so", async () => {
    const truth = smooth(0, 0.5);
    for (const target of [0.6, 0.75, 1]) {
      const { fitted, rounds } = await fit([kappa(target)], truth);
      expect(fitted[0]).toMatchObject({ fraction: 0.5, saturated: true });
      expect(truth(fitted[0]!.threshold)).toBe(0.5);
      expect(rounds.length).toBeLessThanOrEqual(3);
    }
  });

  test("asks once where the profile itself expects no more", async () => {
    const { fitted, rounds } = await fit([kappa(0.95)], smooth(0, 0.9));
    expect(fitted[0]!.saturated).toBe(true);
    expect(rounds).toEqual([1]);
  });

  test("is not thought saturated on a plateau that ends", async () => {
    const truth = (tau: number): number => (tau > 2 ** -3 ? 0.2 : tau > 2 ** -20 ? 0.21 : 0.7);
    const { fitted } = await fit([kappa(0.5)], truth);
    expect(fitted[0]).toMatchObject({ fraction: 0.21, saturated: false });
  });

  test("that recomputes too much at every tau, for v = 0 is always recomputed, says that no fraction was reached", async () => {
    const { fitted, rounds } = await fit([kappa(0.01)], (tau) => Math.max(0.05, smooth(0, 0.9)(tau)));
    expect(fitted[0]).toMatchObject({ threshold: Number.MAX_VALUE, fraction: NaN, saturated: false });
    expect(rounds.length).toBeLessThanOrEqual(5);
  });
});

describe("a rule with a share", () => {
  test("reaches its target at once where the share is what it does", async () => {
    const { fitted, rounds } = await fit([0.05, 0.5].map(random), (share) => share);
    for (const f of fitted) expect(f.request.fraction - f.fraction).toBeCloseTo(0.001, 4);
    expect(rounds).toEqual([2]);
  });

  test("is corrected where fewer components are live than the profile saw", async () => {
    const { fitted, rounds } = await fit(
      [{ rule: ruleNamed("random-live"), fraction: 0.3 }],
      (share) => 0.6 * share,
    );
    expect(fitted[0]!.fraction).toBeLessThanOrEqual(0.3);
    expect(fitted[0]!.fraction).toBeGreaterThan(0.298);
    expect(rounds.length).toBeLessThanOrEqual(4);
  });

  test("is saturated at a share of 1, and never above it", async () => {
    const { fitted } = await fit([{ rule: ruleNamed("random-live"), fraction: 0.9 }], (share) => 0.6 * share);
    expect(fitted[0]).toMatchObject({ threshold: 1, fraction: 0.6, saturated: true });
  });

  test("recomputes nothing where nothing is allowed", async () => {
    const { fitted } = await fit([random(0)], (share) => share);
    expect(fitted[0]).toMatchObject({ threshold: 0, fraction: 0 });
  });
});

test("requests are simulated together, and a settled one no more", async () => {
  const { rounds } = await fit([kappa(0.3), kappa(0.95), random(0.5)], (x, plan) =>
    plan.policy === "random" ? x : steps(smooth(0.7, 0.9))(x),
  );
  expect(rounds[0]).toBe(3);
  expect(rounds.slice(1).every((n) => n === 1)).toBe(true);
});

test("a rule that costs more than the budget by itself is refused", async () => {
  await expect(fit([{ rule: ruleNamed("kappa-full"), fraction: -0.25 }], () => 0)).rejects.toMatchObject({
    code: "wrong-budget",
  });
});

test("no requests need no simulation", async () => {
  expect(await fit([], () => 0)).toEqual({ fitted: [], rounds: [] });
});
