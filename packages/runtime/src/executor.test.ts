import {
  presetNamed,
  relu,
  tanh,
  type Accumulator,
  type Choice,
  type Graph,
  type Plan,
  type RecomputeTest,
  type Tensor,
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
import { Memo, type Handle, type KernelBackend, type KernelRequest } from "./backend.js";
import { createExecutor } from "./executor.js";
import { createReferenceBackend } from "./reference/backend.js";
import { exactly, gemmTerms, high, low, numbersOf, runOnce, stochastic, type Terms } from "./testing.js";

const dynamic = (test: RecomputeTest): Choice => ({ mode: "dynamic", low: 0, high: 1, test });
const kappa = (tau: number, activation = "relu"): Choice => dynamic({ rule: "kappa", tau, activation });

/** The terms of a Gemm of an MLP, given its input. */
function termsOf(graph: Graph, id: string, input: readonly number[]): Terms[] {
  const node = graph.nodes.find((n) => n.id === id)!;
  const x = { elem: "float32", dims: [1, input.length], data: Float64Array.from(input) } as const;
  const [w, c] = node.inputs.slice(1).map((name) => graph.values.get(name!)!.constant!);
  return gemmTerms(node, x, w!, c!);
}

/** Walks the layers of an MLP: `sum` computes a component, `phi` follows. */
function walk(
  graph: Graph,
  x: Tensor,
  phi: (v: number) => number,
  sum: (t: Terms, layer: string) => number,
): Map<string, number[]> {
  const values = new Map([["x", numbersOf(x)]]);
  for (const node of graph.nodes) {
    const input = values.get(node.inputs[0]!)!;
    values.set(
      node.id,
      node.op === "Gemm" ? termsOf(graph, node.id, input).map((t) => sum(t, node.id)) : input.map(phi),
    );
  }
  return values;
}

const net = mlp([12, 10, 9, 4], { seed: 3 });
const feeds = randomSamples(net, 1).at(0);
const x = feeds.get("x")!;

describe("every mode against sums written out by hand", () => {
  test("reference: plain doubles, nothing rounded between the nodes", async () => {
    const { values, session } = await runOnce(net, "reference", feeds);
    expect(values).toEqual(walk(net, x, relu.value, exactly));
    expect(session.executed).toEqual([]);
  });

  test("uniform low and high", async () => {
    for (const [use, sum] of [low, high].entries()) {
      const { values } = await runOnce(net, uniformOf(net, use), feeds);
      expect(values).toEqual(walk(net, x, relu.value, sum));
    }
  });

  test("static per neuron: each neuron has the bits of its accumulator, given the inputs that it had", async () => {
    const plan = planOf(net, (_, neuron) => ({ mode: "static", use: neuron % 3 === 1 ? 1 : 0 }));
    const { values, session } = await runOnce(net, plan, feeds);
    expect(values).toEqual(walk(net, x, relu.value, (t) => (t.neuron % 3 === 1 ? high(t) : low(t))));
    expect(session.executed.map((e) => [e.site, e.components, e.recomputed, e.total])).toEqual([
      ["fc1", [7, 3], 0, 10],
      ["fc2", [6, 3], 0, 9],
      ["fc3", [3, 1], 0, 4],
    ]);
  });

  test("dynamic kappa, ReLU: the low value, or the high one where 0 <= v_low < 1/tau or v_low is 0", async () => {
    const { values, session } = await runOnce(
      net,
      planOf(net, () => kappa(2)),
      feeds,
    );
    const recomputed = new Map<string, number>();
    const merged = walk(net, x, relu.value, (t, layer) => {
      const v = low(t);
      const again = v >= 0 && v < 1 / 2;
      recomputed.set(layer, (recomputed.get(layer) ?? 0) + (again ? 1 : 0));
      return again ? high(t) : v;
    });
    expect(values).toEqual(merged);
    expect(session.executed.map((e) => e.recomputed)).toEqual([...recomputed.values()]);
    for (const e of session.executed)
      expect(e).toMatchObject({ components: [e.total, e.recomputed], magnitudes: 0, substitution: null });
    expect(Math.min(...recomputed.values())).toBeGreaterThan(0);
  });

  test("dynamic kappa, tanh: where 2/|sinh 2v_low| > tau", async () => {
    const graph = mlp([8, 9, 5], { activation: "Tanh", seed: 5, scale: 1 });
    const given = randomSamples(graph, 1).at(0);
    const { values } = await runOnce(
      graph,
      planOf(graph, () => kappa(1, "tanh")),
      given,
    );
    // Values between nodes are binary32 numbers.
    const phi = (v: number): number => Math.fround(tanh.value(v));
    const merged = walk(graph, given.get("x")!, phi, (t) =>
      2 / Math.abs(Math.sinh(2 * low(t))) > 1 ? high(t) : low(t),
    );
    expect(values).toEqual(merged);
    expect(values).not.toEqual(walk(graph, given.get("x")!, phi, low));
  });

  test("v_low = 0 and NaN are recomputed at any tau", async () => {
    const b = new GraphBuilder();
    // The first sum cancels to 0 in E4M3, not in binary16; the second overflows to NaN without saturation.
    const w = b.constant("w", tensorOf([2, 3], [1, 0.03125, -1, 400, -400, 0]));
    const graph = b.build(b.node("Gemm", [b.input("x", [1, 3]), w], { transB: 1 }, "y"));
    const infinite = lowHigh.map((a): Accumulator => ({
      ...a,
      order: { kind: "sequential" },
      overflow: "infinity",
      product: "rounded",
    }));
    const plan = planOf(graph, () => kappa(1e30), { accumulators: infinite });
    const ones = new Map([["x", tensorOf([1, 3], [1, 1, 1])]]);
    const uniform = await runOnce(graph, uniformOf(graph, 0, { accumulators: infinite }), ones);
    expect(uniform.values.get("y")).toEqual([0, NaN]);
    const { values, session } = await runOnce(graph, plan, ones);
    expect(values.get("y")).toEqual([0.03125, 0]);
    expect(session.executed[0]).toMatchObject({ components: [2, 2], recomputed: 2 });
  });

  test("kappa-full: |W||h|+|b| in the low accumulator, computed for every component and counted", async () => {
    const tau = 3;
    const plan = planOf(net, () => dynamic({ rule: "kappa-full", tau, activation: "relu" }));
    const { values, session } = await runOnce(net, plan, feeds);
    const size = (t: Terms): number =>
      low({ ...t, w: t.w.map(Math.abs), h: t.h.map(Math.abs), bias: Math.abs(t.bias) });
    const merged = walk(net, x, relu.value, (t) => {
      const v = low(t);
      return v >= 0 && !(size(t) / Math.abs(v) <= tau) ? high(t) : v;
    });
    expect(values).toEqual(merged);
    for (const e of session.executed) {
      expect(e.magnitudes).toBe(e.total);
      expect(e.components).toEqual([e.total, e.recomputed]);
    }
  });

  test("kappa-full: a Gemm's alpha and beta count by their size", async () => {
    const b = new GraphBuilder();
    const [p, w, c] = [
      b.input("x", [1, 6]),
      b.constant("w", randomTensor([6, 20], 1)),
      b.constant("c", randomTensor([20], 2)),
    ];
    const graph = b.build(b.node("Gemm", [p, w, c], { alpha: -0.5, beta: -0.25 }, "y"));
    const given = randomSamples(graph, 1).at(0);
    const tau = 4;
    const plan = planOf(graph, () => dynamic({ rule: "kappa-full", tau, activation: "identity" }));
    const again = termsOf(graph, "y", numbersOf(given.get("x")!)).filter(({ w: ws, h, bias }) => {
      // Products by a power of two are exact: the sum may be scaled term by term.
      const scaled: Terms = { w: ws.map((x) => -0.5 * x), h, bias: -0.25 * bias, neuron: 0 };
      const sizes: Terms = {
        w: scaled.w.map(Math.abs),
        h: h.map(Math.abs),
        bias: Math.abs(scaled.bias),
        neuron: 0,
      };
      return !(low(sizes) / Math.abs(low(scaled)) <= tau);
    });
    const { session } = await runOnce(graph, plan, given);
    expect(again.length).toBeGreaterThan(2);
    expect(session.executed[0]).toMatchObject({ recomputed: again.length, magnitudes: 20 });
  });

  test("hybrid: static and dynamic neurons, and two thresholds, side by side in one site", async () => {
    const choose = (neuron: number): Choice =>
      [{ mode: "static", use: 0 } as const, { mode: "static", use: 1 } as const, kappa(0.2), kappa(5)][
        neuron % 4
      ]!;
    const { values, session } = await runOnce(
      net,
      planOf(net, (_, neuron) => choose(neuron)),
      feeds,
    );
    const expected = walk(net, x, relu.value, (t) => {
      const v = low(t);
      const again = (tau: number): boolean => v >= 0 && !(1 / v <= tau);
      return [v, high(t), again(0.2) ? high(t) : v, again(5) ? high(t) : v][t.neuron % 4]!;
    });
    expect(values).toEqual(expected);
    const [fc1] = session.executed;
    // 3 neurons low, 3 high, 4 dynamic.
    expect(fc1!.components[0]).toBe(3 + 4);
    expect(fc1!.components[1]).toBe(3 + fc1!.recomputed);
  });
});

describe("random choices", () => {
  const plan = (graph: Graph, share = 0.5): Plan =>
    planOf(graph, () => dynamic({ rule: "random", share, seed: 4 }));
  const graph = mlp([3, 64, 64, 64], { seed: 2 });
  const samples = randomSamples(graph, 8);

  test("are the same in every run on the same input, and differ from input to input", async () => {
    const drawn = async (i: number): Promise<string> => {
      const { values } = await runOnce(graph, plan(graph), samples.at(i));
      return JSON.stringify(
        termsOf(graph, "fc1", values.get("x")!).map((t, n) => low(t) === values.get("fc1")![n]),
      );
    };
    const all = await Promise.all([0, 1, 2, 3, 0].map(drawn));
    expect(all[4]).toBe(all[0]);
    expect(new Set(all).size).toBe(4);
  });

  test("recompute the share that was asked for", async () => {
    const session = await createExecutor(createReferenceBackend()).prepare(graph, plan(graph, 0.3));
    let [again, total] = [0, 0];
    for (let i = 0; i < samples.count; i++) {
      await session.run(samples.at(i));
      for (const e of session.executed) [again, total] = [again + e.recomputed, total + e.total];
    }
    expect(total).toBe(8 * 192);
    expect(Math.abs(again - 0.3 * total)).toBeLessThan(5 * Math.sqrt(total * 0.3 * 0.7));
  });

  test("do not depend on the order in which the inputs are fed, nor on how their numbers are held", async () => {
    const b = new GraphBuilder();
    const [p, q] = [b.input("p", [1, 40]), b.input("q", [1, 40])];
    const w = b.constant("w", randomTensor([40, 40], 1));
    const two = b.build(b.node("MatMul", [b.node("Add", [p, q]), w], {}, "y"));
    const [a, c] = [randomTensor([1, 40], 2), randomTensor([1, 40], 3)];
    const run = async (given: [string, Tensor][]): Promise<number[]> =>
      (await runOnce(two, plan(two), new Map(given))).values.get("y")!;
    const first = await run([
      ["p", a],
      ["q", c],
    ]);
    expect(
      await run([
        ["q", c],
        ["p", a],
      ]),
    ).toEqual(first);
    expect(
      await run([
        ["p", { ...a, data: Float64Array.from(a.data as Float32Array) }],
        ["q", c],
      ]),
    ).toEqual(first);
  });

  test("are drawn anew at every site, even for the same sums", async () => {
    const b = new GraphBuilder();
    const [p, w] = [b.input("p", [1, 40]), b.constant("w", randomTensor([40, 64], 1))];
    const twins = b.build(b.node("MatMul", [p, w], {}, "one"), b.node("MatMul", [p, w], {}, "two"));
    const { values } = await runOnce(twins, plan(twins), new Map([["p", randomTensor([1, 40], 2)]]));
    expect(values.get("one")).not.toEqual(values.get("two"));
  });

  test("live components only, for random-live", async () => {
    const live = planOf(graph, () => dynamic({ rule: "random-live", share: 1, seed: 4, activation: "relu" }));
    const { session } = await runOnce(graph, live, samples.at(0));
    const alive = termsOf(graph, "fc1", numbersOf(samples.at(0).get("x")!)).filter((t) => low(t) > 0).length;
    expect(session.executed[0]!.recomputed).toBe(alive);
  });
});

describe("what a value is between nodes", () => {
  test("binary32 under a plan, binary64 in the reference", async () => {
    const graph = mlp([5, 8, 3], { activation: "Sigmoid" });
    const given = randomSamples(graph, 1).at(0);
    const isNarrow = (xs: number[]): boolean => xs.every((v) => Math.fround(v) === v);
    const wide = await runOnce(graph, "reference", given);
    const narrow = await runOnce(graph, uniformOf(graph, 1), given);
    expect(isNarrow(wide.values.get("fc1.act")!)).toBe(false);
    for (const list of narrow.values.values()) expect(isNarrow(list)).toBe(true);
  });

  test("float64 models keep float64 between nodes; their low sums take binary32 operands", async () => {
    const graph = mlp([5, 8, 3], { activation: "Sigmoid", elem: "float64" });
    const given = randomSamples(graph, 1).at(0);
    const { values, outputs } = await runOnce(graph, uniformOf(graph, 1), given);
    expect(outputs.get("fc2")!.elem).toBe("float64");
    expect(values.get("fc1.act")!.some((v) => Math.fround(v) !== v)).toBe(true);
    const operands = values.get("fc1.act")!.map(Math.fround);
    expect(values.get("fc2")).toEqual(termsOf(graph, "fc2", operands).map(high));
  });

  test("float64 feeds of a float32 model are rounded to its type first", async () => {
    const wide = {
      elem: "float64",
      dims: [1, 12],
      data: Float64Array.from({ length: 12 }, (_, i) => 1 / (i + 3)),
    } as const;
    const narrow = { elem: "float32", dims: [1, 12], data: Float32Array.from(wide.data) } as const;
    for (const execution of ["reference", uniformOf(net, 0)] as const) {
      const a = await runOnce(net, execution, new Map([["x", wide]]));
      const b = await runOnce(net, execution, new Map([["x", narrow]]));
      expect(a.values).toEqual(b.values);
      expect(a.outputs.get("fc3")!.elem).toBe("float32");
    }
  });
});

/** Counts kernels run, and keeps book of handles: made, freed, used after. */
function counting(inner: KernelBackend, refuse: (request: KernelRequest) => string | null = () => null) {
  const live = new Set<Handle>();
  const book = { kernels: [] as string[], constants: 0, live, wrong: [] as string[] };
  const wrap = (handle: Handle): Handle => {
    const own = { inner: handle };
    live.add(own);
    return own;
  };
  const unwrap = (handle: Handle): Handle => {
    if (!live.has(handle)) book.wrong.push("used after it was freed");
    return (handle as { inner: Handle }).inner;
  };
  const backend: KernelBackend = {
    name: "counting",
    upload: (t) => wrap(inner.upload(t)),
    download: (handle) => inner.download(unwrap(handle)),
    free: (handle) => {
      if (!live.delete(handle)) book.wrong.push("freed twice");
    },
    probeFor: (node, site, accumulators) => {
      const probe = inner.probeFor(node, site, accumulators);
      return probe.kind === "unsupported"
        ? probe
        : { kind: "probe", run: (inputs) => probe.run(inputs.map((h) => h && unwrap(h))) };
    },
    kernelFor: (request) => {
      const reason = refuse(request);
      if (reason) return { kind: "unsupported", reason };
      const kernel = inner.kernelFor(request);
      if (kernel.kind === "unsupported") return kernel;
      return {
        kind: "kernel",
        run: async (inputs, context) => {
          const make = async () => {
            book.kernels.push(request.node.id);
            const result = await kernel.run(
              inputs.map((h) => h && unwrap(h)),
              { ...context, memo: null },
            );
            return { ...result, outputs: result.outputs.map(wrap) };
          };
          const { memo } = context;
          if (!memo) return make();
          const ids = inputs.map((h) => memo.idOf(h)).join();
          return memo.get(
            `${request.node.id}|${request.storage}|${JSON.stringify(request.decision)}|${ids}`,
            make,
          );
        },
      };
    },
  };
  return { backend, book };
}

describe("a memo", () => {
  const graph = convNet({ batch: 1 });
  const given = randomSamples(graph, 1).at(0);
  const random = { rule: "random", share: 0.5, seed: 4 } as const;
  const drawing: readonly Accumulator[] = [stochastic(lowHigh[0]!), lowHigh[1]!];
  const plans: readonly (readonly [string, Plan | "reference"])[] = [
    ["reference", "reference"],
    ["low", uniformOf(graph, 0)],
    ["high", uniformOf(graph, 1)],
    ["kappa", planOf(graph, () => kappa(0.5))],
    ["kappa-full", planOf(graph, () => dynamic({ rule: "kappa-full", tau: 5, activation: "relu" }))],
    ["mixed", planOf(graph, (_, n) => (n % 2 ? kappa(0.5) : { mode: "static", use: 1 }))],
    ["random", planOf(graph, () => dynamic(random))],
    ["high beside a stochastic accumulator", uniformOf(graph, 1, { accumulators: drawing })],
    ["stochastic", uniformOf(graph, 0, { accumulators: drawing })],
    ["stochastic, other seed", uniformOf(graph, 0, { accumulators: drawing, seed: 9 })],
  ];

  test("gives every session the bits that it has without one, whoever came before", async () => {
    for (const order of [plans, [...plans].reverse()]) {
      const executor = createExecutor(createReferenceBackend());
      const memo = new Memo();
      for (const [name, execution] of order) {
        const session = await executor.prepare(graph, execution);
        const shared = await session.run(given, { memo });
        const alone = await runOnce(graph, execution, given);
        expect(
          [...shared].map(([id, t]) => [id, numbersOf(t)]),
          name,
        ).toEqual([...alone.outputs].map(([id, t]) => [id, numbersOf(t)]));
        expect(session.executed, name).toEqual(alone.session.executed);
      }
    }
  });

  test("lets sessions share what is equal: a prefix of equal decisions is computed once", async () => {
    const { backend, book } = counting(createReferenceBackend());
    const executor = createExecutor(backend);
    const memo = new Memo();
    const lastOnly = (use: number): Plan =>
      planOf(graph, (site) => ({ mode: "static", use: site.last ? use : 0 }));
    for (const plan of [lastOnly(0), lastOnly(1), lastOnly(0)])
      await (await executor.prepare(graph, plan)).run(given, { memo });
    expect(book.kernels).toEqual([...graph.nodes.map((n) => n.id), "fc"]);
  });

  test("has the reference backend reuse a layer's low sums between plans that recompute differently", async () => {
    // A backend whose sums are counted: reading the weights is what a sum does.
    let reads = 0;
    const executor = createExecutor(createReferenceBackend());
    const spied = { ...graph, values: new Map(graph.values) };
    const w = graph.values.get("fc.weight")!;
    const data = new Proxy(Float64Array.from(w.constant!.data as Float32Array), {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads++;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    spied.values.set(w.id, { ...w, constant: { ...w.constant!, data } });
    const memo = new Memo();
    const first = planOf(spied, (site) => (site.last ? kappa(1e9) : { mode: "static", use: 0 }));
    const second = planOf(spied, (site) => (site.last ? kappa(0) : { mode: "static", use: 0 }));
    const run = async (plan: Plan): Promise<number> => {
      const before = reads;
      await (await executor.prepare(spied, plan)).run(given, { memo });
      return reads - before;
    };
    const low = await run(first);
    expect(low).toBeGreaterThanOrEqual(108);
    const { session } = await runOnce(spied, second, given);
    // Only the high sums are new: 36 terms for each component that the second plan recomputes.
    expect(await run(second)).toBe(36 * session.executed.at(-1)!.recomputed);
    expect(await run(second)).toBe(0);
  });
});

describe("exact inputs for local errors", () => {
  test("`given` is what nodes read; what they compute is not passed on", async () => {
    const truth = new Map<string, Tensor>();
    const exact = await runOnce(net, "reference", feeds, {
      observe: (id, value) => void truth.set(id, value),
    });
    const { values } = await runOnce(net, uniformOf(net, 0), feeds, { given: (id) => truth.get(id) });
    // A low sum is given the exact values as they are stored: as binary32.
    for (const id of ["fc1", "fc2", "fc3"]) {
      const input = exact.values.get(net.nodes.find((n) => n.id === id)!.inputs[0]!)!.map(Math.fround);
      expect(values.get(id), id).toEqual(termsOf(net, id, input).map(low));
    }
  });

  test("what is given to a binary32 sum is rounded to binary32 first: its products have no other bits", async () => {
    const accumulators = [presetNamed("seq-f16").high];
    const wide = mlp([12, 48, 64], { activation: "Tanh", seed: 3 });
    const truth = new Map<string, Tensor>();
    const exact = await runOnce(wide, "reference", feeds, {
      observe: (id, value) => void truth.set(id, value),
    });
    const plan = uniformOf(wide, 0, { accumulators });
    const { values } = await runOnce(wide, plan, feeds, { given: (id) => truth.get(id) });
    const { fround } = Math;
    const inBinary32 = ({ w, h, bias }: Terms, to: (x: number) => number): number =>
      fround(w.reduce((sum, x, k) => fround(sum + fround(x * to(h[k]!))), 0) + bias);
    const terms = termsOf(wide, "fc2", exact.values.get("fc1.act")!);
    expect(values.get("fc2")).toEqual(terms.map((t) => inBinary32(t, fround)));
    expect(values.get("fc2")).not.toEqual(terms.map((t) => inBinary32(t, (h) => h)));
  });

  test("the reference given its own values repeats itself", async () => {
    const truth = new Map<string, Tensor>();
    const exact = await runOnce(net, "reference", feeds, {
      observe: (id, value) => void truth.set(id, value),
    });
    const again = await runOnce(net, "reference", feeds, { given: (id) => truth.get(id) });
    expect(again.values).toEqual(exact.values);
  });

  test("a memo changes nothing of it", async () => {
    const truth = new Map<string, Tensor>();
    const executor = createExecutor(createReferenceBackend());
    const memo = new Memo();
    await (
      await executor.prepare(net, "reference")
    ).run(feeds, { memo, observe: (id, v) => void truth.set(id, v) });
    const isolated = new Map<string, number[]>();
    const session = await executor.prepare(net, uniformOf(net, 0));
    await session.run(feeds, { memo });
    await session.run(feeds, {
      memo,
      given: (id) => truth.get(id),
      observe: (id, v) => void isolated.set(id, numbersOf(v)),
    });
    const alone = await runOnce(net, uniformOf(net, 0), feeds, { given: (id) => truth.get(id) });
    expect(isolated).toEqual(alone.values);
  });
});

describe("observe", () => {
  test("sees every value once, inputs first, outputs last", async () => {
    const graph = convNet();
    const seen: string[] = [];
    await runOnce(graph, uniformOf(graph, 0), randomSamples(graph, 1).at(0), {
      observe: (id) => void seen.push(id),
    });
    expect(seen).toEqual(["x", ...graph.nodes.map((n) => n.id)]);
  });

  test("sees what the outputs are", async () => {
    const { values, outputs } = await runOnce(net, uniformOf(net, 0), feeds);
    expect(values.get("fc3")).toEqual(numbersOf(outputs.get("fc3")!));
  });
});

describe("handles", () => {
  // A value read twice, one that nothing reads, and an input that is an output.
  const b = new GraphBuilder();
  const input = b.input("x", [1, 4]);
  const fc = b.node("Gemm", [input, b.constant("w", randomTensor([4, 4], 1))], {}, "fc");
  b.node("Neg", [fc], {}, "unread");
  const graph = b.build(b.node("Add", [b.node("Relu", [fc]), fc], {}, "y"), input);
  const given = randomSamples(graph, 1).at(0);
  const constants = 1;

  test("of a run are all freed, once, and not used afterwards", async () => {
    const { backend, book } = counting(createReferenceBackend());
    const { values } = await runOnce(graph, uniformOf(graph, 0), given, { backend });
    expect(values).toEqual((await runOnce(graph, uniformOf(graph, 0), given)).values);
    expect([book.live.size, book.wrong]).toEqual([constants, []]);
  });

  test("of values moved between backends, given, or probed are freed too", async () => {
    const { backend, book } = counting(createReferenceBackend(), ({ node }) =>
      node.op === "Gemm" ? null : "only sums",
    );
    const other = counting(createReferenceBackend());
    const session = await createExecutor(backend, { fallback: other.backend }).prepare(
      graph,
      uniformOf(graph, 0),
    );
    const plain = await runOnce(graph, uniformOf(graph, 0), given);
    expect(numbersOf((await session.run(given)).get("y")!)).toEqual(plain.values.get("y"));
    const truth = new Map<string, Tensor>([["fc", randomTensor([1, 4], 5)]]);
    await session.run(given, { given: (id) => truth.get(id) });
    expect([book.live.size, other.book.live.size]).toEqual([constants, 0]);
    expect([...book.wrong, ...other.book.wrong]).toEqual([]);

    const probing = counting(createReferenceBackend());
    const probe = await createExecutor(probing.backend).probe(graph, lowHigh);
    await probe.run(given, () => undefined);
    expect([probing.book.live.size, probing.book.wrong]).toEqual([constants, []]);
  });

  test("are freed after a run that fails", async () => {
    const { backend, book } = counting(createReferenceBackend());
    const failing: KernelBackend = {
      ...backend,
      kernelFor: (request) =>
        request.node.op === "Relu"
          ? { kind: "kernel", run: () => Promise.reject(new Error("device lost")) }
          : backend.kernelFor(request),
    };
    const session = await createExecutor(failing).prepare(graph, "reference");
    await expect(session.run(given)).rejects.toThrow("device lost");
    expect([book.live.size, book.wrong]).toEqual([constants, []]);
  });
});

describe("a backend that cannot", () => {
  const refusing = () =>
    counting(createReferenceBackend(), ({ node }) => (node.id === "fc2" ? "no sums of 10" : null)).backend;

  test("is helped out by the fallback, and the session says so", async () => {
    const { values, session } = await runOnce(net, uniformOf(net, 0), feeds, {
      backend: refusing(),
      fallback: createReferenceBackend(),
    });
    expect(values).toEqual((await runOnce(net, uniformOf(net, 0), feeds)).values);
    expect(session.executed.map((e) => [e.backend, e.substitution])).toEqual([
      ["counting", null],
      ["reference", "reference instead of counting: no sums of 10"],
      ["counting", null],
    ]);
  });

  test("without a fallback, or with one that cannot either, is an error", async () => {
    for (const options of [{}, { fallback: refusing() }]) {
      await expect(createExecutor(refusing(), options).prepare(net, uniformOf(net, 0))).rejects.toMatchObject(
        {
          code: "unsupported-decision",
          where: 'node "fc2" (Gemm)',
        },
      );
    }
  });

  test("of measuring is an error that says where to calibrate", async () => {
    const backend: KernelBackend = {
      ...createReferenceBackend(),
      probeFor: () => ({ kind: "unsupported", reason: "no probes" }),
    };
    await expect(createExecutor(backend).probe(net, lowHigh)).rejects.toMatchObject({
      code: "unsupported-decision",
      next: "calibrate on the reference backend",
    });
  });
});

describe("refused:", () => {
  const prepare = (plan: Plan, graph = net) => createExecutor(createReferenceBackend()).prepare(graph, plan);
  const good = uniformOf(net, 0);
  const decided = (change: (d: Plan["decisions"][number]) => Partial<Plan["decisions"][number]>): Plan => ({
    ...good,
    decisions: good.decisions.map((d, i) => (i === 1 ? { ...d, ...change(d) } : d)),
  });
  const range = (start: number, end: number, use = 0) => ({
    start,
    end,
    choice: { mode: "static", use } as const,
  });

  test.each<[string, string, Plan]>([
    ["a plan of another model", "wrong-model", { ...good, model: { name: "other", digest: "sha256:00" } }],
    [
      "a plan for other operands",
      "wrong-operands",
      { ...good, operands: { weights: "ieee-e4m3", activations: null } },
    ],
    ["a plan that leaves a sum out", "wrong-plan", { ...good, decisions: good.decisions.slice(1) }],
    [
      "a plan over a sum that is not there",
      "wrong-plan",
      { ...good, decisions: [...good.decisions, { ...good.decisions[0]!, site: "fc9" }] },
    ],
    ["a plan for more neurons", "wrong-plan", decided(() => ({ neurons: 10, ranges: [range(0, 10)] }))],
    ["ranges with a gap", "wrong-plan", decided(() => ({ ranges: [range(0, 3), range(4, 9)] }))],
    ["ranges that overlap", "wrong-plan", decided(() => ({ ranges: [range(0, 5), range(4, 9)] }))],
    ["ranges that end early", "wrong-plan", decided(() => ({ ranges: [range(0, 8)] }))],
    ["an empty range", "wrong-plan", decided(() => ({ ranges: [range(0, 0), range(0, 9)] }))],
    [
      "an accumulator that the plan does not have",
      "wrong-plan",
      decided(() => ({ ranges: [range(0, 9, 2)] })),
    ],
    [
      "a format that does not exist",
      "unknown-format",
      { ...good, accumulators: [{ ...lowHigh[0]!, format: "e9" }, lowHigh[1]!] },
    ],
  ])("%s", async (_, code, plan) => {
    await expect(prepare(plan)).rejects.toMatchObject({ code });
  });

  test("the messages say what, where and what next", async () => {
    await expect(prepare({ ...good, model: { name: "other", digest: "sha256:00" } })).rejects
      .toThrowErrorMatchingInlineSnapshot(`
      [RuntimeError: The plan is for another model: "other", sha256:00
        where: the plan against the model "tiny", sha256:abababababababababababababababababababababababababababababababab
        next: make a plan for this model with mpplan compile]
    `);
    await expect(prepare(decided(() => ({ ranges: [range(0, 8)] })))).rejects
      .toThrowErrorMatchingInlineSnapshot(`
      [RuntimeError: The plan's ranges do not cover the 9 neurons one after another
        where: site "fc2"
        next: make the plan again with mpplan compile]
    `);
    await expect(prepare({ ...good, operands: { weights: "ieee-e4m3", activations: null } })).rejects
      .toThrowErrorMatchingInlineSnapshot(`
      [RuntimeError: The plan wants weights ieee-e4m3, activations as they are; the graph has weights as they are, activations as they are
        where: graph "tiny"
        next: apply quantizeOperands(graph, plan.operands) to the imported graph first]
    `);
  });

  test.each<[string, string, [string, Tensor][]]>([
    ["no feed", "missing-feed", []],
    [
      "a feed too many",
      "unknown-feed",
      [
        ["x", x],
        ["y", x],
      ],
    ],
    ["a feed of another shape", "wrong-feed", [["x", { ...x, dims: [12, 1] }]]],
    ["a feed of another rank", "wrong-feed", [["x", { ...x, dims: [12] }]]],
    ["a feed of integers", "wrong-feed", [["x", tensorOf([1, 12], new Array<number>(12).fill(1), "int32")]]],
    ["a feed with too few elements", "wrong-feed", [["x", { ...x, data: new Float32Array(3) }]]],
  ])("%s", async (_, code, given) => {
    const session = await prepare(good);
    await expect(session.run(new Map(given))).rejects.toMatchObject({ code });
  });

  test("a run after the session was released", async () => {
    const session = await prepare(good);
    await session.run(feeds);
    session.dispose();
    await expect(session.run(feeds)).rejects.toMatchObject({ code: "released" });
  });
});

test("an open batch may be fed any size; `executed` counts what was there", async () => {
  const open = mlp([4, 6, 3], { batch: "N" });
  const session = await createExecutor(createReferenceBackend()).prepare(open, uniformOf(open, 0));
  const batch = await session.run(new Map([["x", randomTensor([5, 4], 1)]]));
  expect(batch.get("fc2")!.dims).toEqual([5, 3]);
  expect(session.executed.map((e) => e.total)).toEqual([30, 15]);
  const one = await session.run(
    new Map([["x", tensorOf([1, 4], [...(randomTensor([5, 4], 1).data as Float32Array)].slice(4, 8))]]),
  );
  expect(numbersOf(one.get("fc2")!)).toEqual(numbersOf(batch.get("fc2")!).slice(3, 6));
});

test("a probe hands over all the exact values of its run before it measures the first site", async () => {
  const exact = (await runOnce(net, "reference", feeds)).values;
  const seen: string[] = [];
  const probe = await createExecutor(createReferenceBackend()).probe(net, lowHigh);
  await probe.run(feeds, (site) => seen.push(site.id), {
    values: (values) => {
      expect(new Map([...values].map(([id, t]) => [id, numbersOf(t)]))).toEqual(exact);
      seen.push("values");
    },
  });
  expect(seen).toEqual(["values", "fc1", "fc2", "fc3"]);
});

test("memory that runs out is an error of the node that wanted it, and other mistakes stay what they are", async () => {
  const failing = (error: Error): KernelBackend => {
    const reference = createReferenceBackend();
    const run = (): never => {
      throw error;
    };
    return { ...reference, kernelFor: () => ({ kind: "kernel", run }) };
  };
  const runWith = async (error: Error): Promise<unknown> =>
    (await createExecutor(failing(error)).prepare(net, "reference")).run(feeds);
  for (const text of ["Array buffer allocation failed", "Invalid typed array length: 4294967296"]) {
    const run = runWith(new RangeError(text));
    await expect(run).rejects.toMatchObject({ name: "RuntimeError", code: "out-of-memory" });
    await expect(run).rejects.toThrow(`Gemm computes: ${text}\n  where: node "`);
  }
  for (const error of [new RangeError("Maximum call stack size exceeded"), new Error("allocation")]) {
    await expect(runWith(error)).rejects.toBe(error);
  }
});
