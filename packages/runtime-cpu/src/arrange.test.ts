// Arranged sums and the tests of rows and thresholds on both backends, on one thread and two: the same bits, in every
// mode.
import { seededRandom } from "@mpplan/formats";
import {
  sumSites,
  tensor,
  termsToArrange,
  type Arrangement,
  type Choice,
  type Graph,
  type Plan,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import { createExecutor, createReferenceBackend, Memo, type SiteMeasurement } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import {
  GraphBuilder,
  mlp,
  planOf,
  randomNumbers,
  randomSamples,
  randomTensor,
  uniformOf,
} from "../../ir/src/testing.js";
import { backendOn } from "./backend.js";
import { nodeWorkers } from "./node.js";
import { Shared } from "./shared.js";
import { accumulatorOf, differences } from "@mpplan/testkit";

const shared = new Shared();
/** Two threads that share out whatever there is, however little. */
const two = new Shared(2, nodeWorkers(), 1);
const executors = [createReferenceBackend(), backendOn(shared), backendOn(two)].map((backend) =>
  createExecutor(backend),
);

const accumulators = [
  accumulatorOf({ order: { kind: "blocked", block: 8 } }),
  accumulatorOf({ order: { kind: "blocked", block: 3 }, overflow: "infinity" }),
  accumulatorOf({ format: "binary16", order: { kind: "blocked", block: 8 } }),
  accumulatorOf({
    format: "ocp-e5m2",
    product: "fma",
    order: { kind: "chunked", chunk: 4, outer: "binary32" },
  }),
  accumulatorOf({ format: "binary32", overflow: "infinity" }),
  accumulatorOf({ format: "binary64" }),
];

/** A permutation and exponents that depend on the seed and the site; some sites have only one of them. */
function arrangementOf(graph: Graph, site: SumSite, seed: number): Arrangement {
  const random = seededRandom(seed * 131 + site.id.length * 7 + site.length);
  const below = (n: number): number => Math.floor((random() / 2 ** 24) * n);
  const terms = Array.from({ length: termsToArrange(graph, site) }, (_, i) => i);
  for (let i = terms.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [terms[i], terms[j]] = [terms[j]!, terms[i]!];
  }
  const scales = Array.from({ length: site.neurons }, () => below(4) * (below(13) - 6));
  return seed % 3 === 0 ? { terms } : seed % 3 === 1 ? { terms, scales } : { scales };
}

function arranged(graph: Graph, plan: Plan, seed: number): Plan {
  const sites = new Map(sumSites(graph).map((site) => [site.id, site]));
  const decisions = plan.decisions.map((d) => ({
    ...d,
    arrangement: arrangementOf(graph, sites.get(d.site)!, seed),
  }));
  return { ...plan, decisions };
}

/** Runs on all, compares every value on the way and what was executed; the number of components recomputed. */
async function compare(
  graph: Graph,
  plan: Plan,
  feeds: ReadonlyMap<string, Tensor> = randomSamples(graph, 1, 7, 3).at(0),
  memos: readonly Memo[] | null = null,
): Promise<number> {
  const seen: Map<string, Tensor>[] = [];
  const executed: unknown[] = [];
  let recomputed = 0;
  for (const [i, executor] of executors.entries()) {
    const session = await executor.prepare(graph, plan);
    const values = new Map<string, Tensor>();
    const memo = memos?.[i];
    await session.run(feeds, { observe: (id, value) => values.set(id, value), ...(memo && { memo }) });
    seen.push(values);
    executed.push(session.executed.map((e) => ({ ...e, backend: "" })));
    recomputed = session.executed.reduce((sum, e) => sum + e.recomputed, 0);
  }
  for (const others of seen.slice(1)) {
    for (const [id, value] of seen[0]!) {
      const other = others.get(id)!;
      expect(other.dims).toEqual(value.dims);
      expect(differences(other.data as Float32Array, value.data as Float32Array), id).toEqual([]);
    }
  }
  for (const others of executed.slice(1)) expect(others).toEqual(executed[0]);
  return recomputed;
}

function convolutions(): Graph {
  const b = new GraphBuilder();
  let value = b.input("x", [2, 6, 7, 5]);
  const conv = (id: string, dims: number[], attrs: Record<string, number | number[]>): void => {
    const w = b.constant(`${id}.w`, randomTensor(dims, id.length + dims[0]!, 0.7));
    const bias = b.constant(`${id}.b`, randomTensor([dims[0]!], id.length, 0.3));
    value = b.node("Relu", [b.node("Conv", [value, w, bias], attrs, id)]);
  };
  conv("grouped", [9, 2, 3, 2], { group: 3, pads: [1, 0, 0, 2] });
  conv("dilated", [5, 9, 2, 2], { dilations: [2, 1], strides: [1, 2] });
  conv("point", [11, 5, 1, 1], {});
  return b.build(value);
}

function gemms(): Graph {
  const b = new GraphBuilder();
  const c = (id: string, dims: number[]): string =>
    b.constant(id, randomTensor(dims, dims[0]! * 7 + id.length));
  const x = b.input("x", [13, 5]);
  const y = b.node(
    "Gemm",
    [x, c("w1", [13, 9]), c("c1", [5, 9])],
    { transA: 1, alpha: 0.37, beta: -1.3 },
    "full",
  );
  const t = b.node("Tanh", [y]);
  const z = b.node("Gemm", [t, c("w2", [9, 4]), c("c2", [5, 1])], { alpha: 2 }, "rows");
  const u = b.node("Gemm", [z, c("w3", [7, 4]), c("c3", [])], { transB: 1 }, "one");
  return b.build(b.node("MatMul", [u, c("w4", [7, 6]), c("c4", [6])], {}, "biased"));
}

function attention(): Graph {
  const b = new GraphBuilder();
  const scores = b.node("MatMul", [b.input("q", [2, 3, 5, 8]), b.input("k", [3, 8, 7])], {}, "scores");
  const scaled = b.node("Mul", [scores, b.constant("s", tensor("float32", [], Float32Array.of(0.3)))]);
  const soft = b.node("Softmax", [scaled], { axis: -1 });
  const wide = b.node(
    "MatMul",
    [soft, b.constant("v", randomTensor([3, 7, 4], 6)), b.constant("c", randomTensor([4], 9))],
    {},
    "mix",
  );
  const mixed = b.node("MatMul", [wide, b.constant("w", randomTensor([4, 11], 3))], {}, "out");
  return b.build(b.node("MatMul", [mixed, b.constant("row", randomTensor([11], 4))], {}, "dot"));
}

const graphs: [string, Graph][] = [
  ["mlp", mlp([23, 20, 10], { scale: 3 })],
  ["mlp of five rows in float64", mlp([23, 20, 10], { batch: 5, elem: "float64", activation: "Sigmoid" })],
  ["convolutions", convolutions()],
  ["gemms", gemms()],
  ["attention", attention()],
];

/** A number from 0 to 1 for a neuron. */
const spread = (neuron: number): number => ((neuron + 1) * 0.6180339887) % 1;

/** The plan with one dynamic range per two neurons, which asks `test` with the first neuron and the count. */
function inPairs(plan: Plan, test: (start: number, count: number) => object, low = 0, high = 2): Plan {
  const decisions = plan.decisions.map((d) => ({
    ...d,
    ranges: Array.from({ length: Math.ceil(d.neurons / 2) }, (_, i) => {
      const [start, end] = [2 * i, Math.min(d.neurons, 2 * i + 2)];
      const choice = { mode: "dynamic", low, high, test: test(start, end - start) } as Choice;
      return { start, end, choice };
    }),
  }));
  return { ...plan, decisions };
}

describe.each(graphs)("%s", (_, graph) => {
  const all = (choose: (neuron: number) => Choice): Plan =>
    planOf(graph, (_, n) => choose(n), { accumulators });
  const seeds = [0, 1, 2];

  test("one accumulator for all", async () => {
    for (const use of accumulators.keys())
      for (const seed of seeds)
        await compare(graph, arranged(graph, uniformOf(graph, use, { accumulators }), seed + use));
  });

  test("mixed static", async () => {
    const plan = all((n) => ({ mode: "static", use: Math.floor(spread(n) * 5) }));
    for (const seed of seeds) await compare(graph, arranged(graph, plan, seed));
  });

  test("dynamic by kappa, kappa-full and at random, thresholds of both densities", async () => {
    let recomputed = 0;
    for (const seed of seeds) {
      for (const tau of [0.2, 3]) {
        for (const rule of ["kappa", "kappa-full"] as const) {
          const test = { rule, tau: rule === "kappa" ? tau : 8 * tau, activation: "identity" };
          for (const high of [2, 4])
            recomputed += await compare(
              graph,
              arranged(
                graph,
                all(() => ({ mode: "dynamic", low: seed, high, test })),
                seed,
              ),
            );
        }
      }
      const test = { rule: "random", share: 0.15, seed: 4 } as const;
      recomputed += await compare(
        graph,
        arranged(
          graph,
          all(() => ({ mode: "dynamic", low: 3, high: 2, test })),
          seed,
        ),
      );
    }
    expect(recomputed).toBeGreaterThan(0);
  });

  test("contribution, each neuron with its threshold", async () => {
    for (const activation of ["relu", "identity", "tanh", "clip(0, 6)"]) {
      const test = (start: number, count: number) => ({
        rule: "contribution",
        activation,
        thresholds: Array.from({ length: count }, (_, i) => spread(start + i) - 0.4),
      });
      const plan = inPairs(
        all(() => ({ mode: "static", use: 0 })),
        test,
      );
      expect(await compare(graph, plan)).toBeGreaterThan(0);
      await compare(graph, arranged(graph, plan, 1));
    }
  });

  test("softmax over whole rows, over ranges of columns, beside static neurons", async () => {
    for (const tau of [0, 0.2, 1]) {
      const test = { rule: "softmax", tau, scale: 0.3 } as const;
      const dynamic: Choice = { mode: "dynamic", low: 0, high: 2, test };
      await compare(
        graph,
        all(() => dynamic),
      );
      await compare(
        graph,
        arranged(
          graph,
          all((n) => (n % 3 === 1 ? { mode: "static", use: 5 } : dynamic)),
          0,
        ),
      );
      await compare(
        graph,
        arranged(
          graph,
          inPairs(
            all(() => dynamic),
            () => test,
            1,
            4,
          ),
          1,
        ),
      );
    }
  });

  test("plans side by side", async () => {
    const memos = [new Memo(), new Memo()];
    const feeds = randomSamples(graph, 1, 7, 3).at(0);
    const full = { rule: "kappa-full", tau: 9, activation: "identity" } as const;
    for (const seed of [0, 1, 0, 2, 1, 0]) {
      await compare(graph, arranged(graph, uniformOf(graph, 0, { accumulators }), seed), feeds, memos);
      await compare(
        graph,
        arranged(
          graph,
          all((n) => ({ mode: "static", use: n % 3 })),
          seed,
        ),
        feeds,
        memos,
      );
      const plan = all(() => ({ mode: "dynamic", low: 0, high: 2, test: full }));
      await compare(graph, arranged(graph, plan, seed), feeds, memos);
      await compare(graph, plan, feeds, memos);
    }
  });

  test("calibration's measurements", async () => {
    const some = accumulators.slice(0, 5);
    for (const seed of seeds) {
      const found: SiteMeasurement[][] = [];
      for (const executor of executors) {
        const perSite = (site: SumSite) => (site.last ? some.slice(2) : some);
        const session = await executor.probe(graph, perSite, (site) => arrangementOf(graph, site, seed));
        const list: SiteMeasurement[] = [];
        await session.run(randomSamples(graph, 1, 9, 3).at(0), (_, m) => list.push(m));
        found.push(list);
      }
      for (const others of found.slice(1)) {
        for (const [i, expected] of found[0]!.entries()) {
          const actual = others[i]!;
          for (const key of ["neurons", "v", "magnitude"] as const)
            expect(differences(actual[key], expected[key]), key).toEqual([]);
          expect(actual.low.length).toBe(expected.low.length);
          for (const [a, low] of expected.low.entries()) {
            for (const key of ["value", "peak", "clipped", "partialSquared", "ulpSquared"] as const)
              expect(differences(actual.low[a]![key], low[key]), `${key} of accumulator ${a}`).toEqual([]);
          }
        }
      }
    }
  });
});

test("special feeds: NaN, infinities, zeros of both signs, subnormal and huge numbers", async () => {
  const graph = mlp([23, 12, 4], { batch: 5 });
  const numbers = randomNumbers(115, 3);
  const specials = [NaN, Infinity, -Infinity, 0, -0, 1e-45, -1e-40, 3e38, -3e38];
  for (const [i, special] of specials.entries()) numbers[i * 12] = special;
  const feeds = new Map([["x", tensor("float32", [5, 23], numbers)]]);
  const test = (_: number, count: number) => ({
    rule: "contribution",
    activation: "relu",
    thresholds: Array.from({ length: count }, (_, i) => i * 0.1),
  });
  for (const use of accumulators.keys()) {
    const plan = uniformOf(graph, use, { accumulators });
    await compare(graph, arranged(graph, plan, 1), feeds);
    if (use === 5) continue;
    expect(await compare(graph, arranged(graph, inPairs(plan, test, use, 4), 1), feeds)).toBeGreaterThan(0);
    await compare(
      graph,
      inPairs(plan, () => ({ rule: "softmax", tau: 0.1, scale: 1 }), use, 4),
      feeds,
    );
  }
});

test("scaled heads whose numbers leave the range of binary32 do so alike", async () => {
  const b = new GraphBuilder();
  const graph = b.build(b.node("MatMul", [b.input("q", [2, 2, 9]), b.input("k", [2, 9, 3])], {}, "y"));
  for (const [size, e] of [
    [1e35, 40],
    [1e-38, -30],
    [1e-20, 60],
  ] as const) {
    const feeds = new Map([
      ["q", tensor("float32", [2, 2, 9], randomNumbers(36, 3))],
      [
        "k",
        tensor(
          "float32",
          [2, 9, 3],
          randomNumbers(54, 4).map((x) => x * size),
        ),
      ],
    ]);
    for (const use of accumulators.keys()) {
      const plan = uniformOf(graph, use, { accumulators });
      const decisions = plan.decisions.map((d) => ({ ...d, arrangement: { scales: [e, 0] } }));
      await compare(graph, { ...plan, decisions }, feeds);
    }
  }
});

test("heads of an open batch: every sample has all of them", async () => {
  const b = new GraphBuilder();
  const q = b.input("q", ["N", 3, 5, 8]);
  const graph = b.build(b.node("MatMul", [q, b.node("Transpose", [q], { perm: [0, 1, 3, 2] })], {}, "y"));
  const plan = arranged(
    graph,
    planOf(graph, (_, head) => ({ mode: "static", use: head }), { accumulators }),
    1,
  );
  const samples = [1, 2, 3].map((seed) => randomTensor([1, 3, 5, 8], seed));
  const data = samples.flatMap((t) => [...(t.data as Float32Array)]);
  const all = new Map([["q", tensor("float32", [3, 3, 5, 8], Float32Array.from(data))]]);
  await compare(graph, plan, all);
  const session = await executors[0]!.prepare(graph, plan);
  const together = [...(await session.run(all)).values()][0]!.data as Float32Array;
  expect(session.executed[0]!.components).toEqual([75, 75, 75, 0, 0, 0]);
  for (const [i, sample] of samples.entries()) {
    const alone = [...(await session.run(new Map([["q", sample]]))).values()][0]!.data as Float32Array;
    expect(differences(together.subarray(i * 75, i * 75 + 75), alone)).toEqual([]);
  }
});

test("weights are laid out once per arrangement", async () => {
  const graph = mlp([23, 20, 10]);
  const feeds = randomSamples(graph, 1).at(0);
  const plans = [0, 1].map((seed) => arranged(graph, uniformOf(graph, 0), seed));
  const before = shared.laid;
  for (const plan of [...plans, ...plans]) {
    const session = await executors[1]!.prepare(graph, plan);
    for (let i = 0; i < 3; i++) await session.run(feeds);
  }
  // Two layers in two arrangements.
  expect(shared.laid - before).toBe(4);
});
