import { stack, sumSites, type Graph, type Sample, type Tensor, type ValueId } from "@mpplan/ir";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import {
  convNet,
  GraphBuilder,
  mlp,
  randomSamples,
  randomTensor,
  tensorOf,
} from "../../../ir/src/testing.js";
import type { Task } from "../metrics.js";
import { gradients, type GradientRules } from "./index.js";
import { createSensitivities, type SensitivityOptions } from "./sensitivities.js";
import { squaresByDifferences as measured, valuesOf } from "./testing.js";

async function sensitivitiesOf(
  graph: Graph,
  samples: readonly Sample[],
  options: Partial<SensitivityOptions> = {},
): Promise<ReadonlyMap<string, Float64Array>> {
  const { run } = createSensitivities(graph, sumSites(graph), { task: "values", seed: 1, ...options });
  return run(await valuesOf(graph, stack(samples)), samples.length);
}

/** Central differences of values near 1 are right to about 1e-9; squares of derivatives near 1 are twice that off. */
function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  const largest = Math.max(...expected, 1e-3);
  const worst = expected.reduce((max, x, i) => Math.max(max, Math.abs(x - got[i]!)), 0);
  expect(worst / largest).toBeLessThan(1e-6);
}

/** Softmax over a product of two activations, times a third; a residual; the mean over positions; a Gemm. */
function attention(): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", [1, 3, 4]);
  const weights = (id: string, dims: number[], seed: number): ValueId =>
    b.constant(id, randomTensor(dims, seed, 1));
  const [q, k, v] = ["q", "k", "v"].map((id, i) =>
    b.node("MatMul", [x, weights(`${id}.w`, [4, 4], 20 + i)], {}, id),
  );
  const kt = b.node("Transpose", [k!], { perm: [0, 2, 1] }, "kt");
  const scores = b.node("MatMul", [q!, kt], {}, "scores");
  const scaled = b.node("Mul", [scores, b.constant("scale", tensorOf([], [0.5]))], {}, "scaled");
  const p = b.node("Softmax", [scaled], {}, "p");
  const mixed = b.node("MatMul", [p, v!], {}, "mixed");
  const sum = b.node("Add", [mixed, x], {}, "sum");
  const mean = b.node("ReduceMean", [sum, b.constant("axes", tensorOf([1], [1], "int64"))], { keepdims: 0 });
  return b.build(b.node("Gemm", [mean, weights("out.w", [4, 5], 30), null], {}, "out"));
}

/** A sum that is read twice: by its activation, and by an Add that goes around it. */
function residual(): Graph {
  const b = new GraphBuilder();
  const gemm = (id: string, input: ValueId, seed: number): ValueId =>
    b.node("Gemm", [input, b.constant(`${id}.w`, randomTensor([4, 4], seed, 0.7)), null], {}, id);
  const first = gemm("first", b.input("x", [1, 4]), 41);
  const relu = b.node("Relu", [first], {}, "relu");
  const second = gemm("second", relu, 42);
  const tanh = b.node("Tanh", [second], {}, "tanh");
  const sum = b.node("Add", [tanh, first], {}, "sum");
  return b.build(gemm("last", sum, 43));
}

/** Transpose and Reshape between a sum and its activation. */
function turned(): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", [1, 3, 4]);
  const sum = b.node("MatMul", [x, b.constant("w", randomTensor([4, 2], 51, 1))], {}, "sum");
  const turned = b.node("Transpose", [sum], { perm: [0, 2, 1] }, "turned");
  const flat = b.node("Flatten", [turned], { axis: 1 }, "flat");
  const act = b.node("Sigmoid", [flat], {}, "act");
  return b.build(b.node("Gemm", [act, b.constant("out.w", randomTensor([6, 3], 52, 1)), null], {}, "out"));
}

describe("squared sensitivities agree with central differences of the rest of the network", () => {
  test.each<[string, Graph, Task, Record<string, ValueId>]>([
    [
      "a ReLU MLP",
      mlp([6, 8, 7, 4], { seed: 2 }),
      "classifier",
      { fc1: "fc1.act", fc2: "fc2.act", fc3: "fc3" },
    ],
    ["a tanh MLP", mlp([5, 6, 4], { activation: "Tanh" }), "values", { fc1: "fc1.act", fc2: "fc2" }],
    [
      "an MLP without activations",
      mlp([5, 6, 4], { activation: null }),
      "classifier",
      { fc1: "fc1", fc2: "fc2" },
    ],
    ["a convolutional network", convNet(), "classifier", { conv1: "conv1", conv2: "relu2", fc: "fc" }],
    [
      "attention",
      attention(),
      "classifier",
      { q: "q", k: "k", v: "v", scores: "scores", mixed: "mixed", out: "out" },
    ],
    ["a residual", residual(), "values", { first: "first", second: "tanh", last: "last" }],
  ])("%s", async (_, graph, task, hOf) => {
    const feeds = randomSamples(graph, 1, 5).at(0);
    const squares = await sensitivitiesOf(graph, [feeds], { task });
    expect([...squares.keys()].sort()).toEqual(Object.keys(hOf).sort());
    for (const [site, h] of Object.entries(hOf)) {
      expectClose(squares.get(site)!, await measured(graph, feeds, h, task));
    }
  });

  test("indexed like the sum, though its activation comes after a Transpose", async () => {
    const graph = turned();
    const feeds = randomSamples(graph, 1, 5).at(0);
    const squares = await sensitivitiesOf(graph, [feeds]);
    const atActivation = await measured(graph, feeds, "act", "values");
    const order = [0, 1, 2].flatMap((row) => [0, 1].map((column) => column * 3 + row));
    expectClose(
      squares.get("sum")!,
      order.map((i) => atActivation[i]!),
    );
  });

  test("of two outputs, both count, and integers do not", async () => {
    const b = new GraphBuilder();
    const sum = b.node(
      "Gemm",
      [b.input("x", [1, 3]), b.constant("w", randomTensor([3, 4], 61, 1)), null],
      {},
      "sum",
    );
    const outputs = [
      b.node("Tanh", [sum], {}, "tanh"),
      b.node("Exp", [sum], {}, "exp"),
      b.node("Cast", [sum], { to: "int32" }, "whole"),
    ];
    const graph = b.build(...outputs);
    const values = await valuesOf(graph, randomSamples(graph, 1).at(0));
    const squares = await sensitivitiesOf(graph, [randomSamples(graph, 1).at(0)]);
    const v = Array.from(values.get("sum")!.data as Float64Array);
    expectClose(
      squares.get("sum")!,
      v.map((x) => (1 - Math.tanh(x) ** 2) ** 2 + Math.exp(2 * x)),
    );
  });
});

describe("conventions", () => {
  test("a dead component has the sensitivity that it would have alive", async () => {
    const graph = mlp([6, 8, 3], { seed: 2 });
    const feeds = randomSamples(graph, 1).at(0);
    const values = await valuesOf(graph, feeds);
    const squares = (await sensitivitiesOf(graph, [feeds])).get("fc1")!;
    const v = values.get("fc1")!.data as Float64Array;
    expect(v.some((x) => x < 0)).toBe(true);
    for (const square of squares) expect(square).toBeGreaterThan(0);
  });

  test("a value that is read several times gets the sum of what its readers send back", async () => {
    const b = new GraphBuilder();
    const v = b.node("Gemm", [b.input("x", [1, 3]), b.constant("w", randomTensor([3, 2], 1)), null], {}, "v");
    const twice = b.node("Add", [v, v], {}, "twice");
    const five = b.node("Add", [b.node("Add", [twice, v]), b.node("Identity", [twice])], {}, "five");
    const graph = b.build(b.node("Sub", [five, b.node("Neg", [v])], {}, "six"), five);
    const squares = await sensitivitiesOf(graph, [randomSamples(graph, 1).at(0)]);
    expect([...squares.get("v")!]).toEqual([36 + 25, 36 + 25]);
  });

  test("a sum that no output depends on has sensitivity 0", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", [1, 3]);
    const w = b.constant("w", randomTensor([3, 2], 1));
    b.node("Gemm", [x, w, null], {}, "unread");
    const squares = await sensitivitiesOf(b.build(b.node("Gemm", [x, w, null], {}, "read")), [
      new Map([["x", randomTensor([1, 3], 2)]]),
    ]);
    expect([...squares.get("unread")!]).toEqual([0, 0]);
    expect([...squares.get("read")!]).toEqual([1, 1]);
  });
});

describe("a sample has the same bits in any batch", () => {
  /** Five samples, drawn for the graph with one sample a run. */
  const five = (graph: Graph): Sample[] => [0, 1, 2, 3, 4].map((i) => randomSamples(graph, 5).at(i));

  /** Sums among operators that take elements together, or carry a state. */
  const mixed = (batch: number | string): Graph => {
    const b = new GraphBuilder();
    const weights = (id: string, dims: number[], seed: number): ValueId =>
      b.constant(id, randomTensor(dims, seed, 0.5));
    const sum = b.node("MatMul", [b.input("x", [batch, 3, 4]), weights("w", [4, 4], 71)], {}, "sum");
    const norm = b.node("LayerNormalization", [sum, weights("scale", [4], 72)], {}, "norm");
    const heads = { q_num_heads: 2, kv_num_heads: 2 };
    const seen = b.node("Attention", [norm, sum, norm], heads, "seen");
    const lstm = [seen, weights("lw", [1, 12, 4], 73), weights("lr", [1, 12, 3], 74)];
    const states = b.node("LSTM", lstm, { hidden_size: 3, layout: 1 }, "states");
    const squares = b.node("Einsum", [states, states], { equation: "btdh,btdk->bhk" }, "squares");
    return b.build(
      b.node("ReduceLogSumExp", [squares, b.constant("a", tensorOf([1], [1], "int64"))], { keepdims: 0 }),
    );
  };

  const probed: GradientRules = { ...gradients, Gemm: undefined, MaxPool: undefined, Relu: undefined };
  test.each<[string, (batch: number | string) => Graph, GradientRules]>([
    ["MLP, exact", (batch) => mlp([6, 8, 7, 4], { batch }), gradients],
    ["convolutional network, exact", (batch) => convNet({ batch }), gradients],
    ["convolutional network, some nodes probed", (batch) => convNet({ batch }), probed],
    ["normalisation, attention and LSTM", mixed, gradients],
    ["MLP, random directions", (batch) => mlp([6, 8, 20], { batch }), gradients],
  ])("%s", async (_, make, rules) => {
    const samples = five(make(1));
    const graph = make("N");
    const options = { task: "classifier", seed: 3, rules } as const;
    const together = await sensitivitiesOf(graph, samples, options);
    for (const [i, sample] of samples.entries()) {
      const alone = await sensitivitiesOf(graph, [sample], options);
      for (const [site, squares] of alone) {
        const n = squares.length;
        expect(together.get(site)!.slice(i * n, (i + 1) * n)).toEqual(squares);
      }
    }
  });

  test("also in a second run of the same object, with a smaller batch", async () => {
    const graph = convNet({ batch: "N" });
    const samples = five(convNet());
    const sensitivities = createSensitivities(graph, sumSites(graph), { task: "classifier", seed: 1 });
    sensitivities.run(await valuesOf(graph, stack(samples)), 5);
    const again = sensitivities.run(await valuesOf(graph, samples[4]!), 1);
    expect(again).toEqual(await sensitivitiesOf(graph, [samples[4]!], { task: "classifier" }));
  });
});

describe("beyond 16 outputs, random directions", () => {
  const graph = mlp([5, 6, 20], { seed: 4 });
  const feeds = randomSamples(graph, 1).at(0);

  test("have the squared norm as their mean", async () => {
    const exact = await measured(graph, feeds, "fc1.act", "classifier");
    const mean = new Float64Array(exact.length);
    const seeds = 400;
    for (let seed = 0; seed < seeds; seed++) {
      const squares = (await sensitivitiesOf(graph, [feeds], { task: "classifier", seed })).get("fc1")!;
      squares.forEach((x, i) => (mean[i]! += x / seeds));
    }
    // (r'S)^2 deviates by at most sqrt(2) times its mean: the mean of 8 x 400 by 2.5%. Four times that is asked.
    exact.forEach((x, i) => expect(Math.abs(mean[i]! / x - 1)).toBeLessThan(0.1));
  });

  test("differ between samples and between seeds, not between runs", async () => {
    const open = mlp([5, 6, 20], { seed: 4, batch: "N", activation: null });
    const samples = [0, 1].map((i) => randomSamples(graph, 2).at(i));
    const squares = (await sensitivitiesOf(open, samples)).get("fc1")!;
    // Without activations all samples have one and the same S; only the directions differ.
    expect(squares.slice(0, 6)).not.toEqual(squares.slice(6));
    expect((await sensitivitiesOf(open, samples)).get("fc1")).toEqual(squares);
    expect((await sensitivitiesOf(open, samples, { seed: 2 })).get("fc1")).not.toEqual(squares);
  });
});

describe("a node without a rule", () => {
  const graph = mlp([5, 6, 4, 3], { activation: "Tanh", seed: 4 });
  const rules: GradientRules = { ...gradients, Tanh: undefined };

  test("is probed, and listed", async () => {
    const feeds = randomSamples(graph, 1).at(0);
    const sensitivities = createSensitivities(graph, sumSites(graph), { task: "values", seed: 1, rules });
    expect(sensitivities.fallbacks.map(({ how }) => how)).toEqual(["not run yet"]);
    const squares = sensitivities.run(await valuesOf(graph, feeds), 1);
    // The first Tanh passes nothing on: what it would lead to is no sum.
    expect(sensitivities.fallbacks).toEqual([
      { node: "fc2.act", op: "Tanh", how: "central differences, all elements at once (it is elementwise)" },
    ]);
    expectClose(squares.get("fc1")!, await measured(graph, feeds, "fc1.act", "values"));
  });

  test("is listed too where it only lies between a sum and its activation", async () => {
    const net = turned();
    const feeds = randomSamples(net, 1, 5).at(0);
    const { run } = createSensitivities(net, sumSites(net), { task: "values", seed: 1 });
    const values = await valuesOf(net, feeds);
    const without = createSensitivities(net, sumSites(net), {
      task: "values",
      seed: 1,
      rules: { ...gradients, Transpose: undefined },
    });
    const exact = run(values, 1).get("sum")!;
    expectClose(without.run(values, 1).get("sum")!, [...exact]);
    expect(without.fallbacks.map(({ op, how }) => [op, how])).toEqual([
      ["Transpose", "central differences, element by element"],
    ]);
  });

  test("no other is listed", () => {
    const all = createSensitivities(graph, sumSites(graph), { task: "values", seed: 1 });
    expect(all.fallbacks).toEqual([]);
  });
});

describe("a node that works on more than tensors", () => {
  test("stops the gradient, and is listed; other ways to the outputs still count", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", [1, 3]);
    const sum = b.node("Gemm", [x, b.constant("w", randomTensor([3, 4], 61, 1)), null], {}, "sum");
    const list = b.node("SequenceConstruct", [sum, sum], {}, "list");
    const first = b.node("SequenceAt", [list, b.constant("i", tensorOf([], [0], "int64"))], {}, "first");
    const graph = b.build(first, b.node("Neg", [sum], {}, "negated"), list);
    const feeds = randomSamples(graph, 1).at(0);
    const sensitivities = createSensitivities(graph, sumSites(graph), { task: "values", seed: 1 });
    const values = new Map<ValueId, Tensor>();
    const session = await createExecutor(createReferenceBackend()).prepare(graph, "reference");
    await session.runValues(feeds, { observe: (id, value) => values.set(id, value) });
    expect([...sensitivities.run(values, 1).get("sum")!]).toEqual([1, 1, 1, 1]);
    expect(sensitivities.fallbacks).toEqual([
      {
        node: "first",
        op: "SequenceAt",
        how: "the gradient stops here: SequenceAt runs a graph or works on sequences",
      },
      { node: "list", op: "SequenceConstruct", how: "no gradient comes here" },
    ]);
  });
});

test("a branch stops the gradient, visibly", async () => {
  const inner = new GraphBuilder();
  inner.input("sum", [1, 4]);
  const body = {
    graph: inner.build(inner.node("Neg", ["sum"], {}, "turned")),
    captured: [1],
  };
  const b = new GraphBuilder();
  const x = b.input("x", [1, 3]);
  const sum = b.node("Gemm", [x, b.constant("w", randomTensor([3, 4], 61, 1)), null], {}, "sum");
  const yes = b.constant("yes", { elem: "bool", dims: [], data: Uint8Array.of(1) });
  const attrs = { then_branch: body, else_branch: body };
  const graph = b.build(b.node("If", [yes, sum], attrs, "out"));
  const feeds = randomSamples(graph, 1).at(0);
  const sensitivities = createSensitivities(graph, sumSites(graph), { task: "values", seed: 1 });
  expect([...sensitivities.run(await valuesOf(graph, feeds), 1).get("sum")!]).toEqual([0, 0, 0, 0]);
  expect(sensitivities.fallbacks).toEqual([
    { node: "out", op: "If", how: "the gradient stops here: If runs a graph or works on sequences" },
  ]);
});

describe("quantised values", () => {
  test("gradients go straight through them, and stop where they saturate", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", [1, 3]);
    const sum = b.node("Gemm", [x, b.constant("w", randomTensor([3, 4], 61, 1)), null], {}, "sum");
    const [scale, zero] = [b.constant("s", tensorOf([], [0.01])), b.constant("z", tensorOf([], [0], "int8"))];
    const whole = b.node("QuantizeLinear", [sum, scale, zero], {}, "whole");
    const turned = b.node("Transpose", [whole], { perm: [1, 0] }, "turned");
    const real = b.node("DequantizeLinear", [turned, scale, zero], {}, "real");
    const graph = b.build(b.node("Mul", [real, b.constant("three", tensorOf([], [3]))], {}, "out"));
    const feeds = new Map([["x", randomTensor([1, 3], 5, 3)]]);
    const v = (await valuesOf(graph, feeds)).get("sum")!.data as Float64Array;
    const inside = Array.from(v, (value) => (Math.abs(value / 0.01) <= 127 ? 1 : 0));
    expect(new Set(inside)).toEqual(new Set([0, 1]));
    expectClose(
      (await sensitivitiesOf(graph, [feeds])).get("sum")!,
      inside.map((one) => 9 * one),
    );
  });

  test("also where a Cast takes them back to floats", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", [1, 3]);
    const sum = b.node("Gemm", [x, b.constant("w", randomTensor([3, 4], 61, 1)), null], {}, "sum");
    const whole = b.node("QuantizeLinear", [sum, b.constant("s", tensorOf([], [0.25]))], {}, "whole");
    const graph = b.build(b.node("Cast", [whole], { to: "float32" }, "out"));
    const feeds = new Map([["x", randomTensor([1, 3], 5, 3)]]);
    const v = (await valuesOf(graph, feeds)).get("sum")!.data as Float64Array;
    // uint8, so that nothing below 0 is left.
    expectClose(
      (await sensitivitiesOf(graph, [feeds])).get("sum")!,
      Array.from(v, (value) => (value > 0 ? 16 : 0)),
    );
  });

  test("into an integer product they do not go, and that is listed", async () => {
    const b = new GraphBuilder();
    const x = b.input("x", [1, 3]);
    const sum = b.node("Gemm", [x, b.constant("w", randomTensor([3, 4], 61, 1)), null], {}, "sum");
    const whole = b.node("QuantizeLinear", [sum, b.constant("s", tensorOf([], [0.1]))], {}, "whole");
    const product = b.node(
      "MatMulInteger",
      [whole, b.constant("v", tensorOf([4, 1], [1, 2, 3, 4], "int8"))],
      {},
      "product",
    );
    const graph = b.build(b.node("Cast", [product], { to: "float32" }, "out"));
    const { fallbacks } = createSensitivities(graph, sumSites(graph), { task: "values", seed: 1 });
    expect(fallbacks).toEqual([
      { node: "product", op: "MatMulInteger", how: "the gradient stops here: it does not follow integers" },
    ]);
  });
});
