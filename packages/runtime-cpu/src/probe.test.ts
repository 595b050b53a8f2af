// What calibration measures, on operands of many kinds: the reference's numbers, bit for bit.
import { tensor, type Accumulator, type Node, type SumSite, type Tensor } from "@mpplan/ir";
import { createReferenceBackend, type KernelBackend, type SiteMeasurement } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { backendOn, createCpuBackend } from "./backend.js";
import { nodeWorkers } from "./node.js";
import { Shared } from "./shared.js";
import { accumulatorOf, differences, nodeOf, numbers, type NumbersName } from "@mpplan/testkit";

/** Two threads that share out whatever there is, however little. */
const two = new Shared(2, nodeWorkers(), 1);
const backends = [createReferenceBackend(), createCpuBackend(), backendOn(two)] as const;

const accumulators: Record<string, Accumulator> = {
  sequential: accumulatorOf({}),
  blocked: accumulatorOf({ format: "binary16", order: { kind: "blocked", block: 8 } }),
  chunked: accumulatorOf({ format: "ocp-e5m2", order: { kind: "chunked", chunk: 4, outer: "binary32" } }),
  "chunks of one": accumulatorOf({ order: { kind: "chunked", chunk: 1, outer: "bfloat16" } }),
  bfloat16: accumulatorOf({ format: "bfloat16", overflow: "infinity" }),
};

const plain = { transA: 0, transB: 0, alpha: 1, beta: 1 };

function probed(backend: KernelBackend, node: Node, inputs: (Tensor | null)[]): SiteMeasurement {
  const neurons = node.op === "Conv" ? inputs[1]!.dims[0]! : inputs[1]!.dims[1]!;
  const probe = backend.probeFor(node, { neurons } as SumSite, Object.values(accumulators));
  if (probe.kind !== "probe") throw new Error(probe.reason);
  return probe.run(inputs.map((t) => t && backend.upload(t))) as SiteMeasurement;
}

function compare(node: Node, inputs: (Tensor | null)[]): SiteMeasurement {
  const [expected, ...others] = backends.map((backend) => probed(backend, node, inputs));
  for (const actual of others) {
    for (const key of ["neurons", "v", "magnitude"] as const) {
      expect(differences(actual[key], expected![key]), key).toEqual([]);
    }
    for (const [i, name] of Object.keys(accumulators).entries()) {
      for (const key of ["value", "peak", "clipped", "partialSquared", "ulpSquared"] as const) {
        expect(differences(actual.low[i]![key], expected!.low[i]![key]), `${key}, ${name}`).toEqual([]);
      }
    }
  }
  return others[0]!;
}

const of = (dims: number[], kind: NumbersName, seed: number, change = (x: number) => x): Tensor =>
  tensor(
    "float32",
    dims,
    numbers[kind](
      dims.reduce((a, b) => a * b, 1),
      seed,
    ).map(change),
  );

const relu = (x: number): number => Math.max(0, x);

describe("a Gemm with bias, alpha and beta, on operands of kind", () => {
  const pairs: [NumbersName, NumbersName][] = [
    ["network", "network"],
    ["few", "few"],
    ["cancelling", "positive"],
    ["wide", "tiny"],
    ["tiny", "subnormal"],
    ["huge", "large"],
    ["huge", "huge"],
    ["large", "few"],
    ["special", "network"],
    ["network", "special"],
    ["zeros", "network"],
    ["network", "zeros"],
  ];
  test.each(pairs)("%s weights and %s inputs", (weights, inputs) => {
    for (const [rows, length, columns] of [
      [1, 37, 17],
      [6, 24, 8],
      [9, 5, 3],
    ] as const) {
      for (const change of [(x: number) => x, relu]) {
        const x = of([rows, length], inputs, 1, change);
        const w = of([length, columns], weights, 2);
        compare(nodeOf("Gemm", 2, plain), [x, w, null]);
        const attrs = { ...plain, alpha: -0.3, beta: 1.7 };
        compare(nodeOf("Gemm", 3, attrs), [x, w, of([columns], "few", 3)]);
        compare(nodeOf("Gemm", 3, attrs), [x, w, of([rows, 1], "network", 4)]);
        compare(nodeOf("Gemm", 3, attrs), [x, w, of([rows, columns], "network", 5)]);
      }
    }
  });
});

test("many rows, and many columns of few rows, with a bias for every component", () => {
  for (const [rows, length, columns] of [
    [150, 21, 11],
    [7, 20, 300],
  ] as const) {
    const w = of([length, columns], "few", 2);
    const before = two.crew!.taskCounts.reduce((a, b) => a + b);
    const bias = of([rows, columns], "network", 3);
    compare(nodeOf("Gemm", 3, plain), [of([rows, length], "network", 1, relu), w, bias]);
    // Values and traces of each accumulator, exact sums, magnitudes.
    const passes = 2 * Object.keys(accumulators).length + 2;
    const tasks = two.crew!.taskCounts.reduce((a, b) => a + b) - before;
    expect(tasks).toBeGreaterThanOrEqual(4 * passes);
  }
});

test("a convolution with groups, padding, and rows that are all zero", () => {
  const attrs = {
    auto_pad: "NOTSET",
    dilations: [1, 1],
    group: 2,
    pads: [1, 1, 1, 1],
    strides: [1, 2],
    kernel_shape: [3, 3],
  };
  const x = of([2, 4, 6, 5], "network", 1, relu);
  (x.data as Float32Array).fill(0, 0, 60);
  compare(nodeOf("Conv", 3, attrs), [x, of([10, 2, 3, 3], "few", 2), of([10], "network", 3)]);
});

test("sums that leave binary32 are told by magnitude and squares: Infinity, never a wrong number", () => {
  const x = tensor("float32", [1, 2], Float32Array.of(1e30, 1e30));
  const m = compare(nodeOf("Gemm", 2, plain), [
    x,
    tensor("float32", [2, 1], Float32Array.of(1e9, -1e9)),
    null,
  ]);
  expect([m.v[0], m.magnitude[0], m.low[0]!.partialSquared[0], m.low[0]!.clipped[0]]).toEqual([
    0,
    Infinity,
    NaN,
    1,
  ]);
});
