// Run-time tests beyond what the kernel suite tries: magnitudes on numbers of every kind, and low sums in formats of too
// many numbers for a table. Values and counts are the reference's.
import { printAccumulator, type Accumulator, type Arrangement, type RecomputeTest } from "@mpplan/ir";
import { accumulatorOf, nodeOf } from "@mpplan/testkit";
import { checkSums } from "@mpplan/testkit/checks";
import { testAdapters } from "@mpplan/testkit/node";
import { afterAll, beforeAll, describe, test } from "vitest";
import { createWebGpuBackend, type WebGpuBackend } from "../src/index.js";
import { ofKinds } from "./every-kind.js";

const [length, neurons] = [19, 13];
const everything = [
  "network",
  "full",
  "ties",
  "cancelling",
  "tiny",
  "large",
  "huge",
  "special",
  "zeros",
] as const;

/** A test for each neuron. */
type PerNeuron = (neuron: number) => RecomputeTest;

const magnitudes =
  (tau: number, activation: string): PerNeuron =>
  () => ({ rule: "kappa-full", tau, activation });
const kappa =
  (tau: number, activation: string): PerNeuron =>
  () => ({ rule: "kappa", tau, activation });
const contribution =
  (activation: string): PerNeuron =>
  (n) => ({ rule: "contribution", activation, thresholds: [(n % 4) * 0.25 - 0.2] });
const live =
  (share: number, activation: string): PerNeuron =>
  () => ({ rule: "random-live", share, seed: 9, activation });
const blocked = { kind: "blocked", block: 8 } as const;

interface Case {
  readonly low: Accumulator;
  /** Of neighbours in turn. */
  readonly tests: readonly PerNeuron[];
  readonly arrangement?: Arrangement;
}

const cases: readonly Case[] = [
  {
    low: accumulatorOf({ format: "binary16", order: blocked, overflow: "infinity" }),
    tests: [magnitudes(3, "relu"), magnitudes(9, "tanh"), kappa(1.5, "relu")],
    arrangement: { scales: Array.from({ length: neurons }, (_, n) => (n % 5) - 2) },
  },
  { low: accumulatorOf({ product: "fma", rounding: "stochastic" }), tests: [magnitudes(2, "sigmoid")] },
  {
    low: accumulatorOf({ format: "binary32", order: blocked, overflow: "infinity" }),
    tests: [
      kappa(1.5, "relu"),
      contribution("clip(-0.5, 1)"),
      live(0.6, "clip(0, 6)"),
      () => ({ rule: "random", share: 0.3, seed: 9 }),
    ],
  },
  {
    low: accumulatorOf({ format: "tf32", product: "fma", overflow: "infinity" }),
    tests: [
      contribution("relu"),
      contribution("leaky-relu(0.1)"),
      kappa(0.7, "identity"),
      kappa(0.7, "tanh"),
      magnitudes(3, "relu"),
    ],
  },
];

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await createWebGpuBackend({ gpu: gpu() });
    });
    afterAll(() => backend?.dispose());

    test.each(cases.map((each) => [printAccumulator(each.low), each] as const))("%s", async (what, each) => {
      const { low, tests, arrangement } = each;
      const high = accumulatorOf({ format: "binary32", order: blocked, overflow: "infinity" });
      const biases = ofKinds(everything, neurons, 1, 300);
      const inputs = [
        ofKinds(everything, 4 * everything.length, length, 1),
        ofKinds(everything, neurons, length, 100),
        { ...biases, dims: [neurons] },
      ];
      const ranges = Array.from({ length: neurons }, (_, n) => ({
        ...{ start: n, end: n + 1 },
        choice: { mode: "dynamic", low: 0, high: 1, test: tests[n % tests.length]!(n) } as const,
      }));
      await checkSums(
        backend,
        {
          ...{ name: what, inputs, neurons, accumulators: [low, high], ranges },
          node: nodeOf("Gemm", 3, { alpha: -0.5, beta: -1.25, transA: 0, transB: 1 }),
          ...(arrangement && { arrangement }),
        },
        [],
      );
    });
  });
}
