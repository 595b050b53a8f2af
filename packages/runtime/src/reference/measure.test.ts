import { formatNamed, maxFinite, ulp } from "@mpplan/formats";
import { presetNamed, type Accumulator, type Graph, type Sample, type Tensor } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import type { SiteMeasurement } from "../backend.js";
import {
  convNet,
  GraphBuilder,
  lowHigh,
  mlp,
  planOf,
  randomSamples,
  tensorOf,
  uniformOf,
} from "../../../ir/src/testing.js";
import { createExecutor } from "../executor.js";
import { runOnce } from "../testing.js";
import { createReferenceBackend } from "./backend.js";

async function measure(
  graph: Graph,
  accumulators: readonly Accumulator[],
  feeds: Sample,
): Promise<Map<string, SiteMeasurement>> {
  const probe = await createExecutor(createReferenceBackend()).probe(graph, accumulators);
  const seen = new Map<string, SiteMeasurement>();
  await probe.run(feeds, (site, measurement) => seen.set(site.id, measurement));
  return seen;
}

/** One sum of those terms, measured in one accumulator. */
async function one(
  accumulator: Accumulator,
  w: readonly number[],
  h: readonly number[],
  bias: number | null = null,
) {
  const b = new GraphBuilder();
  const c = bias === null ? null : b.constant("c", tensorOf([1], [bias]));
  const graph = b.build(
    b.node("Gemm", [b.input("x", [1, w.length]), b.constant("w", tensorOf([w.length, 1], w)), c], {}, "y"),
  );
  const m = (await measure(graph, [accumulator], new Map([["x", tensorOf([1, h.length], h)]]))).get("y")!;
  const [low] = m.low;
  return {
    v: m.v[0]!,
    magnitude: m.magnitude[0]!,
    value: low!.value[0]!,
    peak: low!.peak[0]!,
    clipped: low!.clipped[0]!,
    partialSquared: low!.partialSquared[0]!,
    ulpSquared: low!.ulpSquared[0]!,
  };
}

const [e4m3] = lowHigh as [Accumulator, Accumulator];
const sequential: Accumulator = { ...e4m3, order: { kind: "sequential" } };
const squares = (...xs: number[]): number => xs.reduce((sum, x) => sum + x * x, 0);
const ulps = (format: string, ...xs: number[]): number =>
  squares(...xs.map((x) => ulp(x, formatNamed(format))));

describe("a site is measured at its exact inputs:", () => {
  test("v and A are W h + b and |W||h|+|b|, for every component of every site", async () => {
    const graph = convNet();
    const feeds = randomSamples(graph, 1).at(0);
    const { values } = await runOnce(graph, "reference", feeds);
    const seen = await measure(graph, lowHigh, feeds);
    expect([...seen.keys()]).toEqual(["conv1", "conv2", "fc"]);
    for (const [id, m] of seen) {
      expect([...m.v]).toEqual(values.get(id));
      expect(m.magnitude.every((a, i) => a >= Math.abs(m.v[i]!))).toBe(true);
    }
    expect([...seen.get("fc")!.neurons]).toEqual([0, 1, 2]);
    expect([...seen.get("conv2")!.neurons]).toEqual(Array.from({ length: 36 }, (_, i) => Math.floor(i / 9)));
    const { v, magnitude } = await one(e4m3, [1, -2, 3], [1, 1, 1], -0.5);
    expect([v, magnitude]).toEqual([1.5, 6.5]);
  });

  test("the low value is what the site would have given in that accumulator", async () => {
    const graph = mlp([9, 7, 5, 3], { activation: "Tanh" });
    const feeds = randomSamples(graph, 1).at(0);
    const truth = new Map<string, Tensor>();
    const seen = await measure(graph, lowHigh, feeds);
    await runOnce(graph, "reference", feeds, { observe: (id, value) => void truth.set(id, value) });
    for (const use of [0, 1]) {
      const { values } = await runOnce(graph, uniformOf(graph, use), feeds, {
        given: (id) => truth.get(id),
      });
      for (const [id, m] of seen) expect([...m.low[use]!.value], id).toEqual(values.get(id));
    }
  });

  test("both operands of a product of activations are binary32 numbers, as they would be stored", async () => {
    const b = new GraphBuilder();
    const q = b.node("Tanh", [b.input("q0", [1, 3, 7])]);
    const k = b.node("Tanh", [b.input("k0", [1, 7, 4])]);
    const graph = b.build(b.node("MatMul", [q, k], {}, "y"));
    const feeds = randomSamples(graph, 1).at(0);
    const fine = presetNamed("seq-f16").high;
    const plan = planOf(graph, () => ({ mode: "static", use: 0 }), { accumulators: [fine] });
    const { values } = await runOnce(graph, plan, feeds);
    expect([...(await measure(graph, [fine], feeds)).get("y")!.low[0]!.value]).toEqual(values.get("y"));
  });
});

describe("the steps that can round", () => {
  test("sequential: every partial sum, the product that starts it among them, and the bias", async () => {
    const m = await one(sequential, [1, 2, -4], [1, 1, 1], 3);
    // Partial sums 1, 3, -1, then with the bias 2.
    expect([m.peak, m.partialSquared, m.ulpSquared]).toEqual([
      3,
      squares(1, 3, 1, 2),
      ulps("ieee-e4m3", 1, 3, 1, 2),
    ]);
  });

  test("a zero term is no step: it rounds nothing", async () => {
    const m = await one(sequential, [0, 1, 0, 2], [5, 1, 7, 1]);
    expect(m.partialSquared).toBe(squares(1, 3));
  });

  test("blocked: inner sums from zero, and outer sums from the second block on", async () => {
    const order = { kind: "blocked", block: 2 } as const;
    const m = await one({ ...e4m3, order }, [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]);
    // Inner 1 3 | 3 7 | 5, outer 10 15.
    expect([m.peak, m.partialSquared]).toEqual([15, squares(1, 3, 3, 7, 5, 10, 15)]);
    expect(m.ulpSquared).toBe(ulps("ieee-e4m3", 1, 3, 3, 7, 5, 10, 15));
  });

  test("chunked: outer sums have the outer format's ulp", async () => {
    const order = { kind: "chunked", chunk: 2, outer: "binary16" } as const;
    const m = await one({ ...e4m3, order }, [1, 2, 3, 4], [1, 1, 1, 1]);
    expect(m.ulpSquared).toBe(ulps("ieee-e4m3", 1, 3, 3, 7) + ulps("binary16", 10));
  });

  test("pairwise: the nodes of the tree", async () => {
    const m = await one({ ...e4m3, order: { kind: "pairwise" } }, [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]);
    // Leaves 1 2 3 4 5, then 3 7, 10, 15.
    expect(m.partialSquared).toBe(squares(1, 2, 3, 4, 5, 3, 7, 10, 15));
  });

  test("below the normal numbers an ulp is the smallest subnormal", async () => {
    const m = await one(sequential, [2 ** -8], [1]);
    expect(m.ulpSquared).toBe(squares(2 ** -9));
  });
});

describe("clipping", () => {
  const max = maxFinite(formatNamed("ieee-e4m3"));

  test("is seen inside a sum that ends small", async () => {
    expect(await one(sequential, [200, 200, -390], [1, 1, 1])).toMatchObject({
      v: 10,
      peak: 400,
      clipped: 1,
    });
    expect(await one(sequential, [200, 40], [1, 1])).toMatchObject({ v: max, peak: max, clipped: 0 });
  });

  test("is judged by the format of the step: a large promoted sum of small chunks does not clip", async () => {
    const order = { kind: "chunked", chunk: 2, outer: "binary32" } as const;
    const chunked = { ...e4m3, order };
    expect(await one(chunked, [100, 100, 100, 100], [1, 1, 1, 1])).toMatchObject({
      value: 384,
      peak: 400,
      clipped: 0,
    });
    expect(await one(chunked, [200, 100, 1, 1], [1, 1, 1, 1])).toMatchObject({ peak: 302, clipped: 1 });
  });

  test("by the bias alone counts too", async () => {
    expect(await one(sequential, [200], [1], 100)).toMatchObject({ peak: 300, clipped: 1, value: 240 });
  });
});

test("float64 models are measured in their own precision, their low sums from binary32 operands", async () => {
  const graph = mlp([5, 4, 2], { elem: "float64" });
  const wide = { ...graph, values: new Map(graph.values) };
  const w = graph.values.get("fc1.weight")!;
  const third = { ...w.constant!, data: Float64Array.from(w.constant!.data as Float64Array, (x) => x / 3) };
  wide.values.set(w.id, { ...w, constant: third });
  const feeds = randomSamples(wide, 1).at(0);
  const m = (await measure(wide, lowHigh, feeds)).get("fc1")!;
  const { values } = await runOnce(wide, "reference", feeds);
  expect([...m.v]).toEqual(values.get("fc1"));
  expect(m.v.some((x) => Math.fround(x) !== x)).toBe(true);
  const { values: low } = await runOnce(wide, uniformOf(wide, 0), feeds);
  expect([...m.low[0]!.value]).toEqual(low.get("fc1"));
});

test("nothing but v and A is measured without a low accumulator", async () => {
  const graph = mlp([3, 2]);
  const m = (await measure(graph, [], randomSamples(graph, 1).at(0))).get("fc1")!;
  expect([m.v.length, m.low]).toEqual([2, []]);
});
