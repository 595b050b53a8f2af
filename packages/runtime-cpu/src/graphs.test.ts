// Whole graphs and single nodes on both backends: the same bits, and the same account of what was executed.
import {
  kappaActivations,
  sumSites,
  tensor,
  type Choice,
  type Graph,
  type Plan,
  type Tensor,
} from "@mpplan/ir";
import {
  createExecutor,
  createReferenceBackend,
  Memo,
  type Executor,
  type SiteMeasurement,
} from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import {
  convNet,
  GraphBuilder,
  mlp,
  planOf,
  randomNumbers,
  randomSamples,
  randomTensor,
  uniformOf,
} from "../../ir/src/testing.js";
import { backendOn, createCpuBackend } from "./backend.js";
import { nodeWorkers } from "./node.js";
import { Shared } from "./shared.js";
import { accumulatorOf, differences } from "@mpplan/testkit";

/** One thread, and two that share out whatever there is, however little. */
const two = new Shared(2, nodeWorkers(), 1);
const executors: Executor[] = [createReferenceBackend(), createCpuBackend(), backendOn(two)].map((b) =>
  createExecutor(b),
);

/** Runs on all, some samples, and compares every value on the way. */
async function compare(
  graph: Graph,
  execution: Plan | "reference",
  scale = 1,
  memo = false,
): Promise<number> {
  const sessions = await Promise.all(executors.map((e) => e.prepare(graph, execution)));
  const samples = randomSamples(graph, 3, 7, scale);
  let recomputed = 0;
  for (let i = 0; i < samples.count; i++) {
    const seen: Map<string, Tensor>[] = [];
    for (const session of sessions) {
      const values = new Map<string, Tensor>();
      const options = {
        observe: (id: string, value: Tensor) => values.set(id, value),
        ...(memo && { memo: new Memo() }),
      };
      await session.run(samples.at(i), options);
      seen.push(values);
    }
    for (const others of seen.slice(1)) {
      for (const [id, value] of seen[0]!) {
        const other = others.get(id)!;
        expect(other.dims).toEqual(value.dims);
        expect(other.elem).toEqual(value.elem);
        expect(
          differences(other.data as Float64Array, value.data as Float64Array),
          `${id} of sample ${i}`,
        ).toEqual([]);
      }
    }
    const [expected, ...actual] = sessions.map((s) => s.executed.map((e) => ({ ...e, backend: "" })));
    for (const executed of actual) expect(executed).toEqual(expected);
    recomputed += expected!.reduce((sum, e) => sum + e.recomputed, 0);
  }
  return recomputed;
}

function same(actual: SiteMeasurement, expected: SiteMeasurement): void {
  for (const key of ["neurons", "v", "magnitude"] as const) {
    expect(differences(actual[key], expected[key]), key).toEqual([]);
  }
  for (const [i, low] of expected.low.entries()) {
    for (const key of ["value", "peak", "clipped", "partialSquared", "ulpSquared"] as const) {
      expect(differences(actual.low[i]![key], low[key]), `${key} of accumulator ${i}`).toEqual([]);
    }
  }
}

function attention(): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", [2, 3, 5, 8]);
  const y = b.input("y", [3, 8, 7]);
  const scores = b.node("MatMul", [x, y], {}, "scores");
  const soft = b.node("Softmax", [scores], { axis: -1 }, "soft");
  const w = b.constant("w", randomTensor([7, 11], 3));
  const z = b.node("MatMul", [soft, w], {}, "mix");
  const row = b.constant("row", randomTensor([11], 4));
  return b.build(b.node("MatMul", [z, row], {}, "dot"));
}

function manyConvs(): Graph {
  const b = new GraphBuilder();
  let value = b.input("x", [2, 4, 9, 7]);
  let s = 0;
  const conv = (dims: number[], attrs: Record<string, number | number[]>): void => {
    s++;
    const w = b.constant(`w${s}`, randomTensor(dims, s, 0.5));
    const bias = b.constant(`b${s}`, randomTensor([dims[0]!], s + 50, 0.3));
    value = b.node("Conv", [value, w, bias], attrs, `conv${s}`);
    value = b.node(s % 2 ? "Relu" : "LeakyRelu", [value], s % 2 ? {} : { alpha: 0.1 }, `act${s}`);
  };
  conv([6, 4, 3, 3], { pads: [1, 1, 1, 1] });
  conv([6, 1, 3, 3], { group: 6, pads: [1, 1, 1, 1] });
  conv([9, 2, 3, 2], { group: 3, strides: [2, 1], pads: [0, 1, 2, 0] });
  conv([5, 9, 2, 2], { dilations: [2, 2] });
  conv([12, 5, 1, 1], {});
  return b.build(value);
}

function oddGemms(): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", [6, 5]);
  const y = b.node(
    "Gemm",
    [x, b.constant("w1", randomTensor([6, 9], 1)), b.constant("c1", randomTensor([5, 9], 2))],
    {
      transA: 1,
      alpha: 0.37,
      beta: -1.3,
    },
    "g1",
  );
  const t = b.node("Tanh", [y], {}, "t");
  const z = b.node(
    "Gemm",
    [t, b.constant("w2", randomTensor([9, 4], 3)), b.constant("c2", randomTensor([5, 1], 4))],
    { alpha: 2 },
    "g2",
  );
  return b.build(b.node("Gemm", [z, b.constant("w3", randomTensor([17, 4], 5))], { transB: 1 }, "g3"));
}

const graphs: [string, Graph, number][] = [
  ["mlp", mlp([23, 40, 33, 10]), 3],
  ["mlp of two rows", mlp([23, 40, 10], { batch: 2, activation: "Sigmoid", transB: 0 }), 2],
  ["mlp of seven rows", mlp([23, 40, 10], { batch: 7, activation: "Tanh" }), 2],
  ["mlp in float64", mlp([23, 20, 10], { batch: 5, elem: "float64" }), 2],
  ["saturating mlp", mlp([60, 50, 10], { batch: 3, scale: 40 }), 4],
  ["conv net", convNet({ batch: 2 }), 2],
  ["convolutions", manyConvs(), 2],
  ["attention", attention(), 2],
  ["gemms", oddGemms(), 2],
];

const accumulators = [
  accumulatorOf({ order: { kind: "blocked", block: 8 } }),
  accumulatorOf({ format: "binary16", order: { kind: "blocked", block: 8 } }),
  accumulatorOf({ format: "bfloat16", product: "fma-f32", overflow: "infinity" }),
  accumulatorOf({ format: "binary32", overflow: "infinity" }),
  accumulatorOf({
    format: "ocp-e5m2",
    product: "fma",
    order: { kind: "chunked", chunk: 4, outer: "binary32" },
  }),
  accumulatorOf({ format: "binary64" }),
];

/** A number from 0 to 1 for a neuron. */
const spread = (neuron: number): number => ((neuron + 1) * 0.6180339887) % 1;

for (const [name, graph, scale] of graphs) {
  describe(name, () => {
    const activation = new Map([...kappaActivations(sumSites(graph))].map(([id, a]) => [id, a.name]));
    const plan = (choose: (site: string, neuron: number) => Choice): Plan =>
      planOf(graph, (site, neuron) => choose(site.id, neuron), { accumulators });

    test("the exact reference", () => compare(graph, "reference", scale));
    test("calibration's measurements", async () => {
      for (const some of [accumulators.slice(0, 5), [accumulators[3]!, accumulators[5]!], []]) {
        const found: SiteMeasurement[][] = [];
        for (const executor of executors) {
          const session = await executor.probe(graph, some);
          const list: SiteMeasurement[] = [];
          for (const i of [0, 1]) {
            const sample = randomSamples(graph, 2, 9, scale).at(i);
            await session.run(sample, (_, measurement) => list.push(measurement));
          }
          found.push(list);
        }
        for (const others of found.slice(1)) {
          expect(others.length).toBe(found[0]!.length);
          for (const [i, expected] of found[0]!.entries()) same(others[i]!, expected);
        }
      }
    });
    test("one accumulator for all", async () => {
      for (const use of accumulators.keys())
        await compare(graph, uniformOf(graph, use, { accumulators }), scale);
    });
    test("mixed static", async () => {
      for (const memo of [false, true]) {
        const use = (n: number): number => Math.floor(spread(n) * accumulators.length);
        await compare(
          graph,
          plan((_, n) => ({ mode: "static", use: use(n) })),
          scale,
          memo,
        );
      }
    });
    const dynamic = (test: (site: string) => Record<string, unknown>, low = 0, high = 1): Plan =>
      plan((site) => ({ mode: "dynamic", low, high, test: test(site) }) as unknown as Choice);
    test("dynamic, by kappa", async () => {
      let recomputed = 0;
      for (const tau of [0.2, 1, 3]) {
        recomputed += await compare(
          graph,
          dynamic((s) => ({ rule: "kappa", tau, activation: activation.get(s) })),
          scale,
        );
      }
      expect(recomputed).toBeGreaterThan(0);
    });
    test("dynamic, by kappa-full", async () => {
      for (const tau of [2, 20]) {
        const rule = (s: string) => ({ rule: "kappa-full", tau, activation: activation.get(s) });
        await compare(graph, dynamic(rule, 0, 3), scale);
        await compare(graph, dynamic(rule, 4, 5), scale, true);
      }
    });
    test("dynamic, at random", async () => {
      for (const share of [0.1, 0.7]) {
        await compare(
          graph,
          dynamic(() => ({ rule: "random", share, seed: 5 }), 2, 4),
          scale,
        );
        const live = (s: string) => ({ rule: "random-live", share, seed: 5, activation: activation.get(s) });
        await compare(graph, dynamic(live), scale, true);
      }
    });
    test("hybrid", async () => {
      const choice = (site: string, n: number): Choice => {
        if (spread(n) < 0.4) return { mode: "static", use: n % 4 };
        const test = { rule: "kappa", tau: 0.7, activation: activation.get(site)! } as const;
        return { mode: "dynamic", low: n % 2, high: 2 + (n % 3), test: n % 5 ? test : { ...test, tau: 3 } };
      };
      for (const memo of [false, true]) await compare(graph, plan(choice), scale, memo);
    });
  });
}

test("plans that share a sample get what they would get alone", async () => {
  const graph = mlp([23, 40, 33, 10]);
  const plans = [0.1, 0.3, 0.5, 0.8].flatMap((share) => [
    planOf(graph, (_, n) => ({ mode: "static", use: spread(n) < share ? 1 : 0 })),
    planOf(graph, () => ({ mode: "dynamic", low: 0, high: 1, test: { rule: "random", share, seed: 2 } })),
  ]);
  const feeds = randomSamples(graph, 1).at(0);
  const results = await Promise.all(
    executors.map(async (executor) => {
      const memo = new Memo();
      const values: number[][] = [];
      for (const plan of plans) {
        const session = await executor.prepare(graph, plan);
        const [out] = (await session.run(feeds, { memo })).values();
        values.push(
          Array.from(out!.data as Float32Array),
          session.executed.flatMap((e) => [...e.components]),
        );
      }
      return values;
    }),
  );
  for (const other of results.slice(1)) expect(other).toEqual(results[0]);
});

test("special feeds: NaN, infinities, zeros, subnormal and huge numbers", async () => {
  const graph = mlp([23, 40, 10], { batch: 5 });
  const numbers = randomNumbers(115, 3);
  const specials = [NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-40, 3e38, -3e38];
  for (const [i, special] of specials.entries()) numbers[i * 12] = special;
  const feeds = new Map([["x", tensor("float32", [5, 23], numbers)]]);
  for (const use of accumulators.keys()) {
    const plan = uniformOf(graph, use, { accumulators });
    const outputs: ArrayLike<number>[] = [];
    for (const executor of executors) {
      const [out] = (await (await executor.prepare(graph, plan)).run(feeds)).values();
      outputs.push(out!.data as Float32Array);
    }
    for (const other of outputs.slice(1))
      expect(differences(other, outputs[0]!), `accumulator ${use}`).toEqual([]);
  }
});

test("what it cannot do is said, and left to a fallback", async () => {
  const graph = mlp([5, 4]);
  const pairwise = [accumulatorOf({ order: { kind: "pairwise" } })];
  const plan = uniformOf(graph, 0, { accumulators: pairwise });
  await expect(executors[1]!.prepare(graph, plan)).rejects.toThrow("pairwise sums have no fast kernel");
  const executor = createExecutor(createCpuBackend(), { fallback: createReferenceBackend() });
  const session = await executor.prepare(graph, plan);
  await session.run(randomSamples(graph, 1).at(0));
  expect(session.executed[0]).toMatchObject({ backend: "reference" });
  expect(session.executed[0]!.substitution).toMatch(/^reference instead of cpu: pairwise sums/);
});

test("the two threads shared the work", () => {
  const [own, worker] = two.crew!.taskCounts;
  expect(own).toBeGreaterThan(100);
  expect(worker).toBeGreaterThan(100);
});
