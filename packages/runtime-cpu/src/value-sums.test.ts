// Decided value sums on both backends: the same bits, and the same account of what was executed.
import { tensor, valueSites, type Attrs, type Graph, type OpName } from "@mpplan/ir";
import { createExecutor, createReferenceBackend, Memo } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { GraphBuilder, planOf, randomNumbers, randomTensor, tensorOf } from "../../ir/src/testing.js";
import { createCpuBackend } from "./backend.js";
import { accumulatorOf, differences } from "@mpplan/testkit";

const accumulators = [
  accumulatorOf({ format: "binary32", order: { kind: "sequential" }, overflow: "infinity" }),
  accumulatorOf({ format: "binary16", order: { kind: "blocked", block: 8 }, overflow: "saturate" }),
  accumulatorOf({ format: "bfloat16", order: { kind: "sequential" }, product: "fma" }),
  accumulatorOf({ format: "binary32", order: { kind: "pairwise" } }),
  accumulatorOf({ format: "binary16", order: { kind: "sequential" }, rounding: "stochastic" }),
  accumulatorOf({ format: "binary64", order: { kind: "sequential" } }),
];

const image = [2, 6, 7, 5];
const graphs: [OpName, readonly number[], Attrs, number][] = [
  // op, dims of x, attributes, further inputs of one number per channel
  ["Softmax", image, { axis: 1 }, 0],
  ["Softmax", [3, 40], {}, 0],
  ["LogSoftmax", image, {}, 0],
  ["AveragePool", image, { kernel_shape: [3, 2], pads: [1, 1, 1, 0], strides: [2, 1] }, 0],
  ["AveragePool", image, { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1, ceil_mode: 1 }, 0],
  ["AveragePool", [2, 3, 9], { kernel_shape: [4], dilations: [2] }, 0],
  ["AveragePool", [1, 2, 4, 4, 4], { kernel_shape: [2, 2, 2] }, 0],
  ["GlobalAveragePool", image, {}, 0],
  ["GlobalLpPool", image, { p: 3 }, 0],
  ["LpPool", image, { kernel_shape: [2, 2] }, 0],
  ["ReduceMean", image, {}, 0],
  ["ReduceSum", image, { keepdims: 0 }, 0],
  ["ReduceL1", image, {}, 0],
  ["ReduceL2", image, {}, 0],
  ["ReduceLogSum", [1, 1, 3, 50], {}, 0],
  ["ReduceLogSumExp", image, {}, 0],
  ["ReduceSumSquare", image, {}, 0],
  ["LRN", image, { size: 3 }, 0],
  ["LpNormalization", image, { axis: 2 }, 0],
  ["InstanceNormalization", image, {}, 2],
  ["GroupNormalization", image, { num_groups: 2 }, 2],
  ["MeanVarianceNormalization", image, {}, 0],
  ["LayerNormalization", [3, 4, 6], {}, 2],
  ["RMSNormalization", [3, 4, 6], {}, 1],
];

function graphOf(op: OpName, dims: readonly number[], attrs: Attrs, more: number): Graph {
  const b = new GraphBuilder();
  const rest = Array.from({ length: more }, (_, i) => b.constant(`c${i}`, randomTensor([6], i + 1)));
  return b.build(b.node(op, [b.input("x", dims), ...rest], attrs, "y"));
}

const executors = [createReferenceBackend(), createCpuBackend()].map((backend) => createExecutor(backend));

test.each(graphs)("%s", async (...[op, dims, attrs, more]) => {
  const graph = graphOf(op, dims, attrs, more);
  expect(valueSites(graph)).toHaveLength(1);
  const size = dims.reduce((a, b) => a * b, 1);
  const exact = (await runOn(0, graph, undefined, size)).values;
  let moved = 0;
  for (const use of [undefined, ...accumulators.keys()]) {
    for (const memo of [false, true]) {
      const results = await Promise.all(executors.map((_, e) => runOn(e, graph, use, size, memo)));
      expect(differences(results[1]!.values, results[0]!.values), `accumulator ${use}`).toEqual([]);
      const told = results.map(({ executed }) => executed.map(({ backend: _, ...rest }) => rest));
      expect(told[1]).toEqual(told[0]);
      expect(results[1]!.executed[0]).toMatchObject({ backend: "cpu" });
      if (use !== undefined) {
        const { components, total } = results[1]!.executed[0]!;
        expect(total).toBe(valueSites(graph)[0]!.components);
        expect(components).toEqual(accumulators.map((_, id) => (id === use ? total : 0)));
        moved += differences(results[1]!.values, exact).length;
      }
    }
  }
  expect(moved).toBeGreaterThan(0);
});

async function runOn(e: number, graph: Graph, values: number | undefined, size: number, memo = false) {
  const plan = planOf(graph, () => ({ mode: "static", use: 0 }), { accumulators, values });
  const session = await executors[e]!.prepare(graph, plan);
  const dims = graph.values.get("x")!.type!.shape as number[];
  const list = randomNumbers(size, 9, 2);
  const feeds = new Map([["x", tensor("float32", dims, list)]]);
  const [out] = (await session.run(feeds, memo ? { memo: new Memo() } : {})).values();
  return { values: out!.data as Float32Array, executed: session.executed };
}

describe("plans that share a sample", () => {
  test("do not share value sums that they decide otherwise", async () => {
    const b = new GraphBuilder();
    const axes = b.constant("axes", tensorOf([1], [1], "int64"));
    const graph = b.build(b.node("ReduceSum", [b.input("x", [3, 300]), axes], {}, "y"));
    const feeds = new Map([["x", randomTensor([3, 300], 4)]]);
    for (const executor of executors) {
      const memo = new Memo();
      const outputs: number[][] = [];
      for (const values of [undefined, 0, 1, 2]) {
        const plan = planOf(graph, () => ({ mode: "static", use: 0 }), { accumulators, values });
        const session = await executor.prepare(graph, plan);
        outputs.push(Array.from((await session.run(feeds, { memo })).get("y")!.data as Float32Array));
      }
      expect(new Set(outputs.map(String)).size).toBe(4);
    }
  });
});
