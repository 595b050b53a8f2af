// Many budgets from one compilation.
import { readFileSync } from "node:fs";
import { printDocument, type Plan, type Samples } from "@mpplan/ir";
import { expect, test } from "vitest";
import { compileModel, loadSamples, openPlanner } from "../src/node.js";
import { tiny } from "./support.js";

const bytes = new Uint8Array(readFileSync(tiny));
const inputs = [{ id: "input", type: { elem: "float32" as const, shape: ["N", 49] } }];
const { samples } = loadSamples({ modelPath: tiny, inputs });
/** The 24 again and again, with a speck of difference: a flip limit needs more than there are. */
const many: Samples = {
  ...samples,
  count: 160,
  at: (i) =>
    new Map(
      [...samples.at(i % 24)].map(([id, t]) => [
        id,
        { ...t, data: Float32Array.from(t.data as Float32Array, (x) => x * (1 + i / 4096)) },
      ]),
    ),
};
const options = { samples: 32, evaluate: 8 };
const compiled = await compileModel(bytes, many, options);
const cost = (value: number): { budget: Plan["budget"] } => ({ budget: { kind: "cost", value } });

test("a plan does not depend on the budgets that came before", async () => {
  const asked = [0.97, 0.53, 0.6, 0.75, 0.7, 0.6];
  const one = openPlanner(compiled, many, options);
  const plans: string[] = [];
  for (const value of asked) plans.push(printDocument(await one.plan(cost(value))));
  expect(plans[5]).toBe(plans[2]);
  const other = openPlanner(compiled, many, options);
  for (const i of [4, 3, 1, 0, 2]) expect(printDocument(await other.plan(cost(asked[i]!)))).toBe(plans[i]);
});

test("every cost is kept on the tune samples, and errors fall as it grows", async () => {
  const planner = openPlanner(compiled, many, options);
  const errors: number[] = [];
  for (const value of [0.53, 0.6, 0.66, 0.72, 0.8, 0.9, 0.98]) {
    const { predicted, budget } = await planner.plan(cost(value));
    expect(budget).toEqual({ kind: "cost", value });
    expect(predicted!.cost).toBeLessThanOrEqual(value + 1e-9);
    expect(predicted!.cost).toBeGreaterThan(value - 0.02);
    errors.push(predicted!.error!);
  }
  expect(errors.at(-1)!).toBeLessThan(errors[0]! / 2);
  errors.slice(1).forEach((error, i) => expect(error).toBeLessThan(1.1 * errors[i]!));
});

test("at an anchor it is the plan that compile makes", async () => {
  const { plan } = await openPlanner(compiled, many, options)
    .plan(cost(0.75))
    .then((p) => ({ plan: p }));
  expect(printDocument(plan)).toBe(printDocument(compiled.plan));
});

test("keeps other budgets, policies and rules", async () => {
  const planner = openPlanner(compiled, many, options);
  const within = await planner.plan({ budget: { kind: "error", value: 0.05 } });
  expect(within.predicted!.error!).toBeLessThanOrEqual(0.05);
  const flips = await planner.plan({ budget: { kind: "flips", value: 0.2, confidence: 0.9 } });
  expect(flips.promise!.upper).toBeLessThanOrEqual(0.2);
  expect((await planner.plan({ policy: "kappa", ...cost(0.6) })).policy).toBe("kappa");
  expect((await planner.plan({ rule: "kappa", budget: { kind: "tau", value: 0.5 } })).mode).toBe("dynamic");
  await expect(planner.plan(cost(0.2))).rejects.toMatchObject({ code: "wrong-budget" });
});

test("a profile of other settings is refused", () => {
  expect(() => openPlanner(compiled, many, { ...options, preset: "seq-f16" })).toThrow(/operands|measure/);
});
