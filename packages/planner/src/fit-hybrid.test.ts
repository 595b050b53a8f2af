import type { Plan } from "@mpplan/ir";
import { expect, test } from "vitest";
import { fitHybrids } from "./fit-hybrid.js";
import { hybridFront } from "./hybrid-front.js";
import { neuronOf, optionsFor, profileOf, siteOf } from "./testing.js";

const neurons = Array.from({ length: 200 }, (_, i) =>
  neuronOf({ counts: [1000], error: 1 + i, scores: [0.5, 0.2, 0.15, 0.1, 0.05] }),
);
for (const neuron of neurons) {
  neuron.curves[0]!.measured[0] = [[1], [10], [100], [300], [500]];
  neuron.curves[0]!.smooth[0] = [[1], [10], [100], [300], [500]];
}
const front = hybridFront(profileOf([siteOf("fc", 10, neurons)]), optionsFor());

/** Tells a plan's expected cost with an error of that factor. */
const off = (factor: number) => {
  const seen: number[] = [];
  const simulate = async (plans: readonly Plan[]): Promise<{ cost: number }[]> =>
    plans.map((plan) => {
      const high = plan.decisions[0]!.ranges.reduce((sum, { start, end, choice }) => {
        if (choice.mode === "static") return sum + (choice.use === 1 ? 0.5 : 0) * (end - start);
        const { test } = choice;
        if (test.rule !== "contribution") throw new Error("unexpected rule");
        return sum + test.thresholds.reduce((part, t) => part + shareAbove(t), 0);
      }, 0);
      const cost = 0.5 + (high / 200) * factor;
      seen.push(cost);
      return { cost };
    });
  return { simulate, seen };
};

function shareAbove(threshold: number): number {
  const { bins, counts } = neurons[0]!.curves[0]!;
  const place = (bin: number): number => 2 ** (-16 + Math.floor((bin - 1) / 4)) * (1 + ((bin - 1) % 4) / 4);
  return bins.reduce((sum, bin, i) => sum + (place(bin - 1) >= threshold ? counts[i]! : 0), 0) / 1000;
}

test.each([0.8, 1, 1.3])("meets its cost where simulation shows %f of what was expected", async (factor) => {
  const { simulate } = off(factor);
  const [fitted] = await fitHybrids([{ front, target: 0.7 }], simulate);
  expect(fitted!.cost).toBeLessThanOrEqual(0.7);
  expect(fitted!.cost).toBeGreaterThan(0.69);
  expect(fitted!.plan.budget).toEqual({ kind: "cost", value: 0.7 });
});

test("a front without run-time tests is not simulated", async () => {
  const { simulate, seen } = off(1);
  const plain = hybridFront(front.profile, optionsFor(), { dynamic: false });
  const [fitted] = await fitHybrids([{ front: plain, target: 0.75 }], simulate);
  expect([fitted!.plan.mode, seen.length]).toEqual(["static", 0]);
});
