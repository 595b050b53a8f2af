import type { Choice, Plan, RecomputeTest } from "@mpplan/ir";
import { expect, test } from "vitest";
import { gemmModel } from "../test/model-builder.js";
import { annotate, annotations } from "./annotate.js";
import { planAnnotations } from "./plan-annotations.js";

const accumulator = (format: string): Plan["accumulators"][number] => ({
  format,
  order: { kind: "sequential" },
  product: "fma",
  rounding: "nearest-even",
  overflow: "saturate",
});
const fixed = (use: number) => ({ mode: "static", use }) as const;

const plan: Plan = {
  kind: "mpplan-plan",
  version: 1,
  tool: { name: "mpplan", version: "0.0.0" },
  model: { name: "test", digest: `sha256:${"0".repeat(64)}` },
  data: null,
  seed: 7,
  preset: "e4m3",
  mode: "static",
  policy: "kappa",
  budget: { kind: "cost", value: 0.6 },
  semantics: "exact",
  operands: { weights: null, activations: null },
  costs: { "ieee-e4m3": 8, binary16: 16 },
  accumulators: [accumulator("ieee-e4m3"), accumulator("binary16")],
  decisions: [
    {
      site: "layer1",
      op: "Gemm",
      neurons: 100,
      length: 3,
      macs: 300,
      ranges: [
        { start: 0, end: 50, choice: fixed(0) },
        { start: 50, end: 51, choice: fixed(1) },
        { start: 51, end: 93, choice: fixed(0) },
        { start: 93, end: 100, choice: fixed(1) },
      ],
      because: "8 neurons have a large condition number",
    },
  ],
  predicted: null,
  drift: [],
};

test("a node's note tells shares, ranges and the reason", () => {
  expect(planAnnotations(plan).nodes.get("layer1")).toEqual({
    "mpplan.accumulators": "ieee-e4m3 92 %, binary16 8 %",
    "mpplan.decision": "0-49 #0; 50 #1; 51-92 #0; 93-99 #1",
    "mpplan.because": "8 neurons have a large condition number",
  });
});

test("a node's note tells the arrangement and the thresholds, where there are any", () => {
  const [decision] = plan.decisions;
  const dynamic = (test: RecomputeTest): Choice => ({ mode: "dynamic", low: 0, high: 1, test });
  const arranged: Plan = {
    ...plan,
    decisions: [
      {
        ...decision!,
        arrangement: { terms: [2, 0, 1], scales: [-3, ...new Array<number>(99).fill(0)] },
        ranges: [
          {
            start: 0,
            end: 3,
            choice: dynamic({ rule: "contribution", activation: "relu", thresholds: [0.5, -1, 2] }),
          },
          { start: 3, end: 100, choice: dynamic({ rule: "softmax", tau: 0.25, scale: 0.125 }) },
        ],
      },
    ],
  };
  expect(planAnnotations(arranged).nodes.get("layer1")).toMatchObject({
    "mpplan.decision":
      "0-2 #0 or #1 by contribution(relu) > -1 to 2; 3-99 #0 or #1 by softmax(0.25, scale 0.125)",
    "mpplan.arrangement": "terms permuted, 1 of 100 neurons scaled by 2^-3",
  });
});

test("the model's note tells how the plan was made, and for which file", () => {
  expect(planAnnotations(plan).model).toEqual({
    "mpplan.plan": "static plan by kappa, preset e4m3, budget cost 0.6, seed 7",
    "mpplan.model": plan.model.digest,
    "mpplan.accumulators":
      "#0: ieee-e4m3, sequential, fma, nearest-even, saturate\n#1: binary16, sequential, fma, nearest-even, saturate",
  });
});

test("a dynamic choice names both accumulators and the test", () => {
  const decision = plan.decisions[0]!;
  const choice = {
    mode: "dynamic",
    low: 0,
    high: 1,
    test: { rule: "kappa", tau: 0.5, activation: "tanh" },
  } as const;
  const dynamic = { ...plan, decisions: [{ ...decision, ranges: [{ start: 0, end: 100, choice }] }] };
  expect(planAnnotations(dynamic).nodes.get("layer1")).toMatchObject({
    "mpplan.accumulators": "ieee-e4m3 or binary16 100 %",
    "mpplan.decision": "0-99 #0 or #1 by kappa(tanh) > 0.5",
  });
});

test("two accumulators of one format are told apart, and no share is rounded to nothing", () => {
  const decision = { ...plan.decisions[0]!, neurons: 1000 };
  const ranges = [
    { start: 0, end: 998, choice: fixed(0) },
    { start: 998, end: 1000, choice: fixed(1) },
  ];
  const twice = {
    ...plan,
    accumulators: [accumulator("binary16"), accumulator("binary16")],
    decisions: [{ ...decision, ranges }],
  };
  expect(planAnnotations(twice).nodes.get("layer1")!["mpplan.accumulators"]).toBe(
    "binary16 (#0) > 99 %, binary16 (#1) < 1 %",
  );
});

test("the notes go into the model and come back", () => {
  const { nodes, model } = planAnnotations(plan);
  const read = annotations(annotate(gemmModel(), nodes, model));
  expect(read.nodes.get("layer1")!.get("mpplan.accumulators")).toBe("ieee-e4m3 92 %, binary16 8 %");
  expect(read.model.get("mpplan.model")).toBe(plan.model.digest);
});
