// Arrangements against sums written out by hand, and what is refused of them.
import {
  relu,
  sumSites,
  tensor,
  type Accumulator,
  type Arrangement,
  type Choice,
  type Graph,
  type Plan,
  type SumSite,
} from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import {
  convNet,
  GraphBuilder,
  lowHigh,
  mlp,
  planOf,
  randomSamples,
  randomTensor,
  tensorOf,
  uniformOf,
} from "../../ir/src/testing.js";
import { Memo } from "./backend.js";
import { createExecutor } from "./executor.js";
import { createReferenceBackend } from "./reference/backend.js";
import {
  convTerms,
  exactly,
  gemmTerms,
  high,
  low,
  matMulTerms,
  numbersOf,
  runOnce,
  type Terms,
} from "./testing.js";

/** The plan with an arrangement in each of its decisions. */
function withArrangements(plan: Plan, arrange: (site: string) => Arrangement): Plan {
  return { ...plan, decisions: plan.decisions.map((d) => ({ ...d, arrangement: arrange(d.site) })) };
}

/** A permutation that leaves nothing in place, for n that 5 does not divide. */
const shuffled = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 5 + 3) % n);
const exponents = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7) % 9) - 4);

/** A term list as arranged; channels move with all of their taps. */
function arrangedTerms(t: Terms, { terms, scales }: Arrangement): Terms {
  const taps = terms ? t.w.length / terms.length : 1;
  const order = terms?.flatMap((term) => Array.from({ length: taps }, (_, i) => term * taps + i));
  const by = 2 ** (scales?.[t.neuron] ?? 0);
  return {
    w: (order?.map((i) => t.w[i]!) ?? t.w).map((x) => x * by),
    h: order?.map((i) => t.h[i]!) ?? t.h,
    bias: t.bias * by,
    neuron: t.neuron,
  };
}

const back = (t: Terms, { scales }: Arrangement): number => 2 ** -(scales?.[t.neuron] ?? 0);

const arrangements = (terms: number, neurons: number): Arrangement[] => [
  { terms: shuffled(terms) },
  { scales: exponents(neurons) },
  { terms: shuffled(terms), scales: exponents(neurons) },
];

describe("the sums of an arranged site", () => {
  const check = async (
    graph: Graph,
    id: string,
    termsOf: (v: Map<string, number[]>) => Terms[],
    count: number,
  ) => {
    const feeds = randomSamples(graph, 1, 5, 3).at(0);
    const { neurons } = sumSites(graph).find((site) => site.id === id)!;
    const natural = (await runOnce(graph, uniformOf(graph, 0), feeds)).values.get(id);
    for (const arrangement of arrangements(count, neurons)) {
      for (const [use, sum] of [low, high].entries()) {
        const plan = withArrangements(uniformOf(graph, use), (site) => (site === id ? arrangement : {}));
        const { values } = await runOnce(graph, plan, feeds);
        const expected = termsOf(values).map(
          (t) => sum(arrangedTerms(t, arrangement)) * back(t, arrangement),
        );
        expect(values.get(id)).toEqual(expected);
        if (use === 0 && arrangement.terms)
          expect(values.get(id), "the order changes roundings").not.toEqual(natural);
      }
      // Without a plan nothing is arranged.
      expect((await runOnce(graph, "reference", feeds)).values.get(id)!.length).toBe(natural!.length);
    }
  };

  test("Gemm", async () => {
    const graph = mlp([23, 12, 4], { scale: 2 });
    const [w, c] = ["fc1.weight", "fc1.bias"].map((name) => graph.values.get(name)!.constant!);
    const node = graph.nodes.find((n) => n.id === "fc1")!;
    await check(graph, "fc1", (v) => gemmTerms(node, tensorOf([1, 23], v.get("x")!), w!, c!), 23);
  });

  test("Conv with groups and pads: channels move with their taps", async () => {
    const b = new GraphBuilder();
    const inputs = [
      b.input("x", [2, 9, 4, 5]),
      b.constant("w", randomTensor([6, 3, 2, 3], 1)),
      b.constant("c", randomTensor([6], 2)),
    ];
    const graph = b.build(b.node("Conv", inputs, { group: 3, pads: [1, 0, 0, 2] }, "y"));
    const node = graph.nodes[0]!;
    const constant = (name: string) => graph.values.get(name)!.constant!;
    const out = graph.values.get("y")!.type!.shape as number[];
    await check(
      graph,
      "y",
      (v) => convTerms(node, tensorOf([2, 9, 4, 5], v.get("x")!), constant("w"), constant("c"), out),
      3,
    );
  });

  test("heads of a product of two activations, and columns of a MatMul", async () => {
    const b = new GraphBuilder();
    const graph = b.build(b.node("MatMul", [b.input("q", [2, 3, 4, 21]), b.input("k", [3, 21, 5])], {}, "y"));
    const of = (v: Map<string, number[]>): Terms[] =>
      matMulTerms(
        tensorOf([2, 3, 4, 21], v.get("q")!),
        tensorOf([3, 21, 5], v.get("k")!),
        [2, 3, 4, 5],
        false,
      );
    await check(graph, "y", of, 21);

    const c = new GraphBuilder();
    const w = randomTensor([21, 7], 4);
    const columns = c.build(c.node("MatMul", [c.input("x", [2, 4, 21]), c.constant("w", w)], {}, "y"));
    await check(columns, "y", (v) => matMulTerms(tensorOf([2, 4, 21], v.get("x")!), w, [2, 4, 7], true), 21);
  });
});

test("scales keep sums within the format, and the value is that of v", async () => {
  const b = new GraphBuilder();
  const w = b.constant("w", tensorOf([2, 3], [1, 1, -1, 1, 1, -1]));
  const graph = b.build(b.node("Gemm", [b.input("x", [1, 3]), w], { transB: 1 }, "y"));
  // 200 + 200 saturates at 240; at a quarter it does not.
  const plan = withArrangements(uniformOf(graph, 0), () => ({ scales: [0, -2] }));
  const { values } = await runOnce(graph, plan, new Map([["x", tensorOf([1, 3], [200, 200, 200])]]));
  expect(values.get("y")).toEqual([40, 192]);
});

describe("run-time tests of arranged sums", () => {
  const graph = mlp([23, 12, 4], { scale: 1 });
  const feeds = randomSamples(graph, 1, 5).at(0);
  const arrange = (site: string): Arrangement =>
    site === "fc1"
      ? { terms: shuffled(23), scales: exponents(12) }
      : { terms: shuffled(12), scales: exponents(4) };
  const termsOf = (id: string, input: number[]): Terms[] => {
    const node = graph.nodes.find((n) => n.id === id)!;
    const [w, c] = node.inputs.slice(1).map((name) => graph.values.get(name!)!.constant!);
    return gemmTerms(node, tensorOf([1, input.length], input), w!, c!);
  };
  const walk = (sum: (t: Terms, site: string) => number): Map<string, number[]> => {
    const x = numbersOf(feeds.get("x")!);
    const fc1 = termsOf("fc1", x).map((t) => sum(t, "fc1"));
    const act = fc1.map(relu.value);
    return new Map([
      ["x", x],
      ["fc1", fc1],
      ["fc1.act", act],
      ["fc2", termsOf("fc2", act).map((t) => sum(t, "fc2"))],
    ]);
  };
  const sumIn = (sum: (t: Terms) => number, t: Terms, site: string): number =>
    sum(arrangedTerms(t, arrange(site))) * back(t, arrange(site));

  test("kappa-full: |W||h| is summed in the same arrangement", async () => {
    const rule = { rule: "kappa-full", tau: 4, activation: "identity" } as const;
    const plan = withArrangements(
      planOf(graph, () => ({ mode: "dynamic", low: 0, high: 1, test: rule })),
      arrange,
    );
    const { values, session } = await runOnce(graph, plan, feeds);
    let recomputed = 0;
    const expected = walk((t, site) => {
      const v = sumIn(low, t, site);
      const sizes = { ...t, w: t.w.map(Math.abs), h: t.h.map(Math.abs), bias: Math.abs(t.bias) };
      const again = !(sumIn(low, sizes, site) / Math.abs(v) <= 4);
      if (again) recomputed++;
      return again ? sumIn(high, t, site) : v;
    });
    expect(values).toEqual(expected);
    expect(session.executed.reduce((sum, e) => sum + e.recomputed, 0)).toBe(recomputed);
    expect(recomputed).toBeGreaterThan(1);
  });

  test("contribution: every neuron has its threshold, and sees the unscaled value", async () => {
    const threshold = (n: number): number => (n % 4) * 0.3 - 0.3;
    const plan = withArrangements(
      planOf(graph, () => ({ mode: "static", use: 0 })),
      arrange,
    );
    for (const decision of plan.decisions) {
      const all = Array.from({ length: decision.neurons }, (_, n) => threshold(n));
      const choice = (from: number, to: number): Choice => ({
        mode: "dynamic",
        low: 0,
        high: 1,
        test: { rule: "contribution", activation: "relu", thresholds: all.slice(from, to) },
      });
      decision.ranges = [
        { start: 0, end: 3, choice: choice(0, 3) },
        { start: 3, end: decision.neurons, choice: choice(3, decision.neurons) },
      ];
    }
    const { values, session } = await runOnce(graph, plan, feeds);
    const counts: number[] = [];
    const expected = walk((t, site) => {
      const v = sumIn(low, t, site);
      const again = v > threshold(t.neuron);
      counts.push(again ? 1 : 0);
      return again ? sumIn(high, t, site) : v;
    });
    expect(values).toEqual(expected);
    const total = session.executed.reduce((sum, e) => sum + e.recomputed, 0);
    expect(total).toBe(counts.reduce((a, b) => a + b));
    expect(total).toBeGreaterThan(2);
    expect(total).toBeLessThan(counts.length - 2);
  });
});

test("contribution recomputes NaN, and takes a low -0 for 0", async () => {
  const b = new GraphBuilder();
  const w = b.constant("w", tensorOf([3, 2], [400, -400, -1, 1, -1, 1]));
  const graph = b.build(b.node("Gemm", [b.input("x", [1, 2]), w], { transB: 1 }, "y"));
  const infinite = lowHigh.map((a): Accumulator => ({
    ...a,
    overflow: "infinity",
    product: "rounded",
    order: { kind: "sequential" },
  }));
  const test = { rule: "contribution", activation: "relu", thresholds: [1e30, 0, -1e-30] } as const;
  const plan = planOf(graph, () => ({ mode: "static", use: 0 }), { accumulators: infinite });
  plan.decisions[0]!.ranges = [
    {
      start: 0,
      end: 3,
      choice: { mode: "dynamic", low: 0, high: 1, test: { ...test, thresholds: [...test.thresholds] } },
    },
  ];
  const { values, session } = await runOnce(graph, plan, new Map([["x", tensorOf([1, 2], [1, 1])]]));
  expect(values.get("y")).toEqual([0, 0, 0]);
  // NaN, and the 0 that is above its threshold.
  expect(session.executed[0]!.components).toEqual([3, 2]);
});

test("softmax: the logits that matter are recomputed, row by row", async () => {
  const b = new GraphBuilder();
  const graph = b.build(
    b.node("Softmax", [b.node("MatMul", [b.input("q", [2, 3, 9]), b.input("k", [2, 9, 6])], {}, "s")]),
  );
  const rule = { rule: "softmax", tau: 0.3, scale: 0.75 } as const;
  const plan = planOf(graph, (_, head) =>
    head === 0 ? { mode: "dynamic", low: 0, high: 1, test: rule } : { mode: "static", use: 0 },
  );
  const feeds = randomSamples(graph, 1, 3, 2).at(0);
  const { values, session } = await runOnce(graph, plan, feeds);
  const q = tensorOf([2, 3, 9], numbersOf(feeds.get("q")!));
  const k = tensorOf([2, 9, 6], numbersOf(feeds.get("k")!));
  const terms = matMulTerms(q, k, [2, 3, 6], false);
  const expected = terms.map(low);
  let recomputed = 0;
  for (let row = 0; row < 3; row++) {
    const e = expected.slice(row * 6, row * 6 + 6).map((v) => Math.exp(0.75 * v));
    const p = e.map((x) => x / e.reduce((a, b) => a + b));
    const order = [0, 1, 2, 3, 4, 5].sort((a, b) => p[a]! * (1 - p[a]!) - p[b]! * (1 - p[b]!));
    let spent = 0;
    for (const i of order) {
      spent += p[i]! * (1 - p[i]!);
      if (spent <= 0.3) continue;
      recomputed++;
      expected[row * 6 + i] = high(terms[row * 6 + i]!);
    }
  }
  expect(values.get("s")).toEqual(expected);
  expect(session.executed[0]).toMatchObject({ components: [36, recomputed], recomputed, total: 36 });
  expect(recomputed).toBeGreaterThan(3);
  expect(recomputed).toBeLessThan(15);
});

test("plans side by side share tables only where their arrangements are equal", async () => {
  const graph = mlp([23, 12, 4], { scale: 2 });
  const feeds = randomSamples(graph, 1, 5).at(0);
  const arrange =
    (shift: number) =>
    (site: string): Arrangement => {
      const n = site === "fc1" ? 23 : 12;
      return {
        terms: shuffled(n).map((_, i, all) => all[(i + shift) % n]!),
        scales: exponents(site === "fc1" ? 12 : 4),
      };
    };
  const plain = uniformOf(graph, 0);
  const plans = [
    plain,
    withArrangements(plain, arrange(0)),
    withArrangements(plain, arrange(1)),
    withArrangements(plain, arrange(0)),
    plain,
  ];
  const memo = new Memo();
  const executor = createExecutor(createReferenceBackend());
  const outputs: number[][] = [];
  for (const plan of plans) {
    const [alone] = (await runOnce(graph, plan, feeds)).outputs.values();
    const [together] = (await (await executor.prepare(graph, plan)).run(feeds, { memo })).values();
    expect(numbersOf(together!)).toEqual(numbersOf(alone!));
    outputs.push(numbersOf(alone!));
  }
  expect(new Set(outputs.map(String)).size).toBe(3);
});

describe("the probe of arranged sums", () => {
  const graph = convNet({ normalize: false });
  const feeds = randomSamples(graph, 1, 5).at(0);
  const measured = async (
    accumulators: Parameters<ReturnType<typeof createExecutor>["probe"]>[1],
    arrangement?: (site: SumSite) => Arrangement | undefined,
  ) => {
    const probe = await createExecutor(createReferenceBackend()).probe(graph, accumulators, arrangement);
    const found = new Map<string, Parameters<Parameters<typeof probe.run>[1]>[1]>();
    await probe.run(feeds, (site, m) => found.set(site.id, m));
    return found;
  };

  test("v and magnitude stay exact; low values are what a plan computes; squares are in terms of v", async () => {
    const arrange = (site: SumSite): Arrangement => ({
      terms: shuffled(site.id === "fc" ? 36 : 2),
      scales: exponents(site.neurons),
    });
    const [natural, arranged] = [await measured(lowHigh), await measured(lowHigh, arrange)];
    const sites = new Map(sumSites(graph).map((s) => [s.id, s]));
    for (const [id, m] of arranged) {
      expect(m.v).toEqual(natural.get(id)!.v);
      expect(m.magnitude).toEqual(natural.get(id)!.magnitude);
      const e = (c: number): number => exponents(sites.get(id)!.neurons)[m.neurons[c]!]!;
      const single = await measured(lowHigh, (site) => ({
        ...arrange(site),
        scales: exponents(site.neurons).map(() => 0),
      }));
      for (const [i, format] of m.low.entries()) {
        const unscaled = single.get(id)!.low[i]!;
        // The partial sums are not rounded, so scales move them by exact powers of two.
        expect(format.peak).toEqual(unscaled.peak.map((x, c) => x * 2 ** e(c)));
        expect(format.partialSquared).toEqual(unscaled.partialSquared);
      }
    }
    const plan = withArrangements(uniformOf(graph, 0), (id) => arrange(sites.get(id)!));
    const { values } = await runOnce(graph, plan, feeds);
    expect(numbersOf(tensor("float64", [144], arranged.get("conv1")!.low[0]!.value))).toEqual(
      values.get("conv1"),
    );
  });

  test("accumulators may be chosen site by site", async () => {
    const found = await measured((site) =>
      site.id === "fc" ? [] : site.id === "conv1" ? lowHigh : [lowHigh[1]!],
    );
    expect([...found].map(([id, m]) => [id, m.low.length])).toEqual([
      ["conv1", 2],
      ["conv2", 1],
      ["fc", 0],
    ]);
    const same = await measured(lowHigh);
    const [own, other] = [found.get("conv2")!.low[0]!, same.get("conv2")!.low[1]!];
    expect([own.value, own.peak, own.ulpSquared]).toEqual([other.value, other.peak, other.ulpSquared]);
  });
});

describe("what does not fit is refused, and the site is named:", () => {
  const graph = mlp([4, 3, 2]);
  const refused = async (arrangement: Arrangement, of = graph): Promise<unknown> => {
    const executor = createExecutor(createReferenceBackend());
    const site = sumSites(of)[0]!.id;
    const plan = withArrangements(uniformOf(of, 0), (id) => (id === site ? arrangement : {}));
    const error = await executor.prepare(of, plan).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "wrong-plan",
      message: expect.stringContaining(`site "${site}"`) as string,
    });
    const probing = executor.probe(of, lowHigh, (s) => (s.id === site ? arrangement : undefined));
    await expect(probing).rejects.toMatchObject({ code: "wrong-plan" });
    return error;
  };

  test("terms that are no permutation", async () => {
    for (const terms of [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4], [0, 1, 2, 3, 4], [0, 1, 2, 2.5], []])
      expect(String(await refused({ terms }))).toContain("no permutation of 0 to 3");
  });

  test("terms of a convolution count the channels of a group", async () => {
    const net = convNet();
    await refused({ terms: shuffled(18) }, net);
    const plan = withArrangements(uniformOf(net, 0), (id) => (id === "conv1" ? { terms: [1, 0] } : {}));
    await createExecutor(createReferenceBackend()).prepare(net, plan);
  });

  test("scales that are not one fitting integer per neuron", async () => {
    expect(String(await refused({ scales: [0, 1] }))).toContain("scales 2 neurons, but there are 3");
    for (const e of [0.5, 127, -127, NaN])
      expect(String(await refused({ scales: [0, e, 0] }))).toContain(`is ${e}`);
  });

  test("scales that take weights or bias out of binary32", async () => {
    const b = new GraphBuilder();
    const w = b.constant("w", tensorOf([2, 2], [1, 3, 1, 1 + 2 ** -23]));
    const c = b.constant("c", tensorOf([2], [2 ** 100, 2 ** -100]));
    const tiny = b.build(b.node("Gemm", [b.input("x", [1, 2]), w, c], {}, "y"));
    expect(String(await refused({ scales: [28, 0] }, tiny))).toContain("2^28 of neuron 0 takes its bias");
    expect(String(await refused({ scales: [0, -50] }, tiny))).toContain("2^-50 of neuron 1 takes its bias");
    const bare = new GraphBuilder();
    const columns = bare.constant("w", tensorOf([2, 2], [1, 1, 1, (1 + 2 ** -23) * 2 ** -30]));
    const second = bare.build(bare.node("MatMul", [bare.input("x", [1, 2]), columns], {}, "y"));
    expect(String(await refused({ scales: [0, -97] }, second))).toContain(
      "2^-97 of neuron 1 takes its weights",
    );
    const exact = withArrangements(uniformOf(second, 0), () => ({ scales: [-126, -96] }));
    await createExecutor(createReferenceBackend()).prepare(second, exact);
  });

  test("thresholds that are not one finite number per neuron of their range", async () => {
    for (const thresholds of [
      [1, 2],
      [1, 2, 3, 4],
      [1, NaN, 2],
      [1, Infinity, 2],
    ]) {
      const rule = { rule: "contribution", activation: "relu", thresholds } as const;
      const plan = planOf(graph, (site) =>
        site.id === "fc1"
          ? { mode: "dynamic", low: 0, high: 1, test: rule as never }
          : { mode: "static", use: 0 },
      );
      await expect(createExecutor(createReferenceBackend()).prepare(graph, plan)).rejects.toMatchObject({
        code: "wrong-plan",
        message: expect.stringContaining("needs 3 finite thresholds") as string,
      });
    }
  });
});

test("the exact sum stays what it is", () => {
  const t: Terms = { w: [1, 2, 3], h: [4, 5, 6], bias: 7, neuron: 1 };
  const arrangement = { terms: [2, 0, 1], scales: [0, 3] };
  expect(exactly(arrangedTerms(t, arrangement)) * back(t, arrangement)).toBe(exactly(t));
});
