// Sums of plain values: exact where nothing is decided, and in the accumulator of a plan where something is.
import { formatNamed, round, seededRandom } from "@mpplan/formats";
import { tensor, type Accumulator, type Graph, type Plan } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, planOf, randomNumbers, tensorOf } from "../../ir/src/testing.js";
import type { KernelBackend } from "./backend.js";
import { createExecutor } from "./executor.js";
import { createReferenceBackend } from "./reference/backend.js";

const sequential = (format: string, rest: Partial<Accumulator> = {}): Accumulator => ({
  format,
  order: { kind: "sequential" },
  product: "f32-add",
  rounding: "nearest-even",
  overflow: "infinity",
  ...rest,
});
const accumulators = [sequential("binary32"), sequential("bfloat16"), sequential("binary16")];
const [inBinary32, inBfloat16, inBinary16] = [0, 1, 2];

function one(op: Parameters<GraphBuilder["node"]>[0], dims: number[], attrs = {}): Graph {
  const b = new GraphBuilder();
  return b.build(b.node(op, [b.input("x", dims)], attrs, "y"));
}

function planFor(graph: Graph, values?: number, some = accumulators): Plan {
  return planOf(graph, () => ({ mode: "static", use: 0 }), { accumulators: some, values });
}

async function run(
  graph: Graph,
  list: ArrayLike<number>,
  plan: Plan | "reference",
  backend: KernelBackend = createReferenceBackend(),
) {
  const session = await createExecutor(backend).prepare(graph, plan);
  const type = graph.values.get("x")!.type!;
  const outputs = await session.run(
    new Map([["x", tensor("float32", type.shape as number[], Float32Array.from(list))]]),
  );
  return { values: Array.from(outputs.get("y")!.data as Float64Array), executed: session.executed };
}

const numbers = randomNumbers(24, 5, 3);

describe("what no plan speaks of", () => {
  test("is added in binary64, term after term", async () => {
    const powers = Array.from(numbers, (x) => Math.exp(x - Math.max(...numbers)));
    const total = powers.reduce((sum, x) => sum + x, 0);
    const softmax = await run(one("Softmax", [1, 24]), numbers, "reference");
    expect(softmax.values).toEqual(powers.map((x) => x / total));
    const mean = await run(one("ReduceMean", [24]), numbers, "reference");
    expect(mean.values).toEqual([Array.from(numbers).reduce((sum, x) => sum + x, 0) / 24]);
    const squares = await run(one("ReduceL2", [24]), numbers, "reference");
    expect(squares.values).toEqual([Math.sqrt(Array.from(numbers).reduce((sum, x) => sum + x * x, 0))]);
  });

  test("keeps its bits under a plan, and is listed as exact", async () => {
    const graph = one("Softmax", [2, 12]);
    const { values, executed } = await run(graph, numbers, planFor(graph));
    const exact = await run(graph, numbers, "reference");
    expect(values).toEqual(exact.values.map(Math.fround));
    expect(executed).toEqual([
      {
        site: "y",
        backend: "reference",
        components: [],
        recomputed: 0,
        magnitudes: 0,
        total: 0,
        substitution: "the plan does not speak of it; its sums are exact",
      },
    ]);
  });
});

describe("what a plan decides", () => {
  test("is added step by step in its accumulator, terms rounded to binary32 first", async () => {
    const graph = one("ReduceSumSquare", [4, 6], {});
    const b = new GraphBuilder();
    const axes = b.constant("axes", tensorOf([1], [1], "int64"));
    const rows = b.build(b.node("ReduceSumSquare", [b.input("x", [4, 6]), axes], {}, "y"));
    const format = formatNamed("binary16");
    const sumOf = (list: readonly number[]): number =>
      list.reduce((sum, x) => round(Math.fround(sum + Math.fround(x * x)), format), 0);
    expect((await run(graph, numbers, planFor(graph, inBinary16))).values).toEqual([sumOf([...numbers])]);
    const lines = [0, 6, 12, 18].map((from) => sumOf([...numbers.subarray(from, from + 6)]));
    expect((await run(rows, numbers, planFor(rows, inBinary16))).values).toEqual(lines);
  });

  test("follows order and product rule", async () => {
    const blocked = sequential("binary16", { order: { kind: "blocked", block: 4 }, product: "rounded" });
    const graph = one("ReduceSum", [24]);
    const format = formatNamed("binary16");
    let outer = 0;
    for (let from = 0; from < 24; from += 4) {
      let inner = 0;
      for (const x of numbers.subarray(from, from + 4)) inner = round(inner + round(x, format), format);
      outer = round(outer + inner, format);
    }
    expect((await run(graph, numbers, planFor(graph, 0, [blocked]))).values).toEqual([outer]);
  });

  test("a softmax of 4096 equal terms stagnates in binary16, and is right in binary32", async () => {
    const graph = one("Softmax", [1, 4096]);
    const zeros = new Float32Array(4096);
    // At 2048 the next number is 2050: 2048 + 1 ties to even, back to 2048.
    const low = await run(graph, zeros, planFor(graph, inBinary16));
    expect(new Set(low.values)).toEqual(new Set([1 / 2048]));
    const high = await run(graph, zeros, planFor(graph, inBinary32));
    expect(new Set(high.values)).toEqual(new Set([1 / 4096]));
    expect(high.executed).toEqual([
      {
        site: "y",
        backend: "reference",
        components: [1, 0, 0],
        recomputed: 0,
        magnitudes: 0,
        total: 1,
        substitution: null,
      },
    ]);
  });

  // other methods' closed form: relative RMSE of sums of |normal| terms, round to nearest, by simulation.
  test.each([
    [inBfloat16, 256, 0.025],
    [inBfloat16, 1024, 0.31],
    [inBinary16, 1024, 0.006],
    [inBinary16, 4096, 0.087],
  ])("accumulator %i: %i half-normal terms lose %f of their sum", async (use, n, expected) => {
    const lines = 60;
    const random = seededRandom(11);
    const uniform = (): number => (random() + 0.5) / 2 ** 24;
    const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const terms = Float32Array.from({ length: lines * n }, () => Math.abs(normal()));
    const b = new GraphBuilder();
    const axes = b.constant("axes", tensorOf([1], [1], "int64"));
    const graph = b.build(b.node("ReduceSum", [b.input("x", [lines, n]), axes], {}, "y"));
    const exact = (await run(graph, terms, "reference")).values;
    const low = (await run(graph, terms, planFor(graph, use))).values;
    const squares = exact.reduce((sum, x, i) => sum + ((low[i]! - x) / x) ** 2, 0);
    const error = Math.sqrt(squares / lines);
    expect(error / expected).toBeGreaterThan(0.85);
    expect(error / expected).toBeLessThan(1.15);
  });

  test("the two statistics of a norm are neurons of their own", async () => {
    const b = new GraphBuilder();
    const scale = b.constant("scale", tensorOf([1], [1]));
    const graph = b.build(b.node("LayerNormalization", [b.input("x", [2, 12]), scale], {}, "y"));
    const plan = planFor(graph, inBinary32);
    const mixed = structuredClone(plan);
    mixed.decisions[0]!.ranges = [
      { start: 0, end: 1, choice: { mode: "static", use: inBinary32 } },
      { start: 1, end: 2, choice: { mode: "static", use: inBfloat16 } },
    ];
    const fine = await run(graph, numbers, plan);
    const coarse = await run(graph, numbers, mixed);
    expect(fine.executed[0]).toMatchObject({ components: [4, 0, 0], total: 4 });
    expect(coarse.executed[0]).toMatchObject({ components: [2, 2, 0], total: 4 });
    // Only the variance is coarse: every line is scaled by one factor.
    for (const from of [0, 12]) {
      const factors = coarse.values.slice(from, from + 12).map((y, i) => y / fine.values[from + i]!);
      expect(Math.max(...factors) / Math.min(...factors)).toBeLessThan(1 + 1e-6);
      expect(factors[0]).not.toBe(1);
    }
  });

  test("a backend that does not decide value sums leaves them to the reference, visibly", async () => {
    const unaware: KernelBackend = { ...createReferenceBackend(), name: "unaware", decidesValues: false };
    const graph = one("Softmax", [1, 24]);
    const plan = planFor(graph, inBinary16);
    const { values, executed } = await run(graph, numbers, plan, unaware);
    expect(values).toEqual((await run(graph, numbers, plan)).values);
    expect(executed[0]).toMatchObject({ backend: "reference", components: [0, 0, 1] });
  });

  test("a dynamic choice is refused, and so is a decision that takes them for products", async () => {
    const graph = one("Softmax", [1, 24]);
    const plan = planFor(graph, inBinary16);
    const test = { rule: "kappa", tau: 1, activation: "identity" } as const;
    const dynamic = structuredClone(plan);
    dynamic.decisions[0]!.ranges[0]!.choice = { mode: "dynamic", low: 1, high: 0, test };
    await expect(run(graph, numbers, dynamic)).rejects.toThrow(
      /dynamic choice of a sum of plain values[^]*site "y"/,
    );
    const product = structuredClone(plan);
    delete product.decisions[0]!.term;
    await expect(run(graph, numbers, product)).rejects.toThrow(/for one of products/);
  });
});
