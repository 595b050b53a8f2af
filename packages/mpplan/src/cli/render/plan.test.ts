import { expect, test } from "vitest";
import { mlp, planOf } from "../../../../ir/src/testing.js";
import { planText } from "./plan.js";

test("a plan's text tells arrangements beside the accumulators, and is silent where there are none", () => {
  const plan = planOf(mlp([4, 3, 2]), () => ({ mode: "static", use: 0 }));
  plan.decisions[0]!.arrangement = { terms: [1, 0, 3, 2], scales: [0, -2, 1] };
  const lines = planText(plan).split("\n");
  expect(lines.find((line) => line.startsWith("fc1"))).toMatch(
    /ieee-e4m3; terms permuted, 2 of 3 neurons scaled by 2\^-2 to 2\^1 +the test says so/,
  );
  expect(lines.find((line) => line.startsWith("fc2"))).toMatch(/ieee-e4m3 +the test says so/);
});
