import type { Attrs, Graph, Tensor } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import {
  GraphBuilder,
  planOf,
  randomSamples,
  randomTensor,
  tensorOf,
  uniformOf,
} from "../../../ir/src/testing.js";
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
} from "../testing.js";

/** Runs a one-node graph exactly, in both accumulators and mixed, and compares with the terms written out. */
async function check(
  graph: Graph,
  termsOf: (inputs: (Tensor | null)[], out: readonly number[]) => Terms[],
): Promise<void> {
  const node = graph.nodes[0]!;
  const feeds = randomSamples(graph, 1).at(0);
  const inputs = node.inputs.map((id) =>
    id === null ? null : (graph.values.get(id)!.constant ?? feeds.get(id)!),
  );
  const { outputs } = await runOnce(graph, "reference", feeds);
  const exact = outputs.get(node.outputs[0]!)!;
  const terms = termsOf(inputs, exact.dims);
  expect(numbersOf(exact)).toEqual(terms.map(exactly));

  for (const [use, sum] of [low, high].entries()) {
    const uniform = await runOnce(graph, uniformOf(graph, use), feeds);
    expect(uniform.values.get(node.outputs[0]!)).toEqual(terms.map((t) => Math.fround(sum(t))));
  }
  const mixed = await runOnce(
    graph,
    planOf(graph, (_, neuron) => ({ mode: "static", use: neuron % 2 })),
    feeds,
  );
  expect(mixed.values.get(node.outputs[0]!)).toEqual(
    terms.map((t) => (t.neuron % 2 === 0 ? low(t) : high(t))),
  );
  const odd = terms.filter((t) => t.neuron % 2 === 1).length;
  expect(mixed.session.executed).toMatchObject([
    { components: [terms.length - odd, odd], total: terms.length },
  ]);
}

describe("a convolution sums over (channel, ky, kx)", () => {
  test.each<[string, number[], number[], Attrs]>([
    ["plain", [1, 2, 4, 5], [3, 2, 2, 3], {}],
    ["batch and strides", [2, 2, 5, 5], [2, 2, 3, 3], { strides: [2, 1] }],
    ["dilations", [1, 2, 6, 5], [2, 2, 2, 3], { dilations: [3, 2] }],
    ["uneven pads", [1, 3, 3, 3], [2, 3, 3, 2], { pads: [1, 0, 2, 1] }],
    ["groups", [1, 4, 3, 3], [6, 2, 2, 2], { group: 2 }],
    ["depthwise", [2, 3, 4, 4], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }],
    [
      "all together",
      [2, 4, 5, 6],
      [4, 2, 2, 2],
      { group: 2, strides: [2, 2], dilations: [2, 1], pads: [1, 1, 0, 2] },
    ],
  ])("%s", async (_, x, w, attrs) => {
    const b = new GraphBuilder();
    const bias = b.constant("bias", randomTensor([w[0]!], 3));
    const graph = b.build(
      b.node("Conv", [b.input("x", x), b.constant("w", randomTensor(w, 2)), bias], attrs),
    );
    await check(graph, ([a, k, c], out) => convTerms(graph.nodes[0]!, a!, k!, c!, out));
  });

  test("padding counts as steps: dropping it moves the blocks and with them the bits", async () => {
    // The corner sees 8 of 18 taps: 1, then seven of 1/16, half an ulp of 1. In one block each of them is lost;
    // where padding counts, three of them meet in the second block first.
    const b = new GraphBuilder();
    const x = b.input("x", [1, 2, 2, 2]);
    const taps = Array.from({ length: 18 }, (_, k) => (k === 4 ? 1 : 0.0625));
    const graph = b.build(
      b.node("Conv", [x, b.constant("w", tensorOf([1, 2, 3, 3], taps))], { pads: [1, 1, 1, 1] }, "y"),
    );
    const feeds = new Map([["x", tensorOf([1, 2, 2, 2], new Array<number>(8).fill(1))]]);
    const { values } = await runOnce(graph, uniformOf(graph, 0), feeds);
    const weights = graph.values.get("w")!.constant!;
    const [corner] = convTerms(graph.nodes[0]!, feeds.get("x")!, weights, null, [1, 1, 2, 2]);
    const inside = corner!.h.flatMap((h, k) => (h === 0 ? [] : [k]));
    const dropped: Terms = {
      ...corner!,
      w: inside.map((k) => corner!.w[k]!),
      h: inside.map((k) => corner!.h[k]!),
    };
    expect(inside).toEqual([4, 5, 7, 8, 13, 14, 16, 17]);
    expect(low(dropped)).toBe(1);
    expect(values.get("y")![0]).toBe(1.375);
    expect(low(corner!)).toBe(1.375);
  });
});

describe("Gemm", () => {
  const gemm = (attrs: Attrs, c: number[] | null): Graph => {
    const b = new GraphBuilder();
    const x = b.input("x", attrs["transA"] ? [11, 3] : [3, 11]);
    const w = b.constant("w", randomTensor(attrs["transB"] ? [4, 11] : [11, 4], 2));
    return b.build(b.node("Gemm", [x, w, c && b.constant("c", randomTensor(c, 3))], attrs));
  };

  test.each<[Attrs, number[] | null]>([
    [{}, null],
    [{ transB: 1 }, [4]],
    [{ transA: 1 }, [1, 4]],
    [{ transA: 1, transB: 1 }, [3, 4]],
    [{}, [3, 1]],
    [{}, [1]],
    [{}, []],
  ])("%j with C of dims %j", async (attrs, c) => {
    const graph = gemm(attrs, c);
    await check(graph, ([a, k, addend]) => gemmTerms(graph.nodes[0]!, a!, k!, addend ?? null));
  });

  test("alpha scales the finished sum and beta C, with a rounding each", async () => {
    const graph = gemm({ alpha: 0.3, beta: -1.7 }, [4]);
    const [alpha, beta] = [0.3, -1.7];
    const feeds = randomSamples(graph, 1).at(0);
    const terms = gemmTerms(
      graph.nodes[0]!,
      feeds.get("x")!,
      graph.values.get("w")!.constant!,
      graph.values.get("c")!.constant!,
    );
    const exact = await runOnce(graph, "reference", feeds);
    expect(numbersOf(exact.outputs.get("Gemm_0")!)).toEqual(
      terms.map((t) => alpha * exactly({ ...t, bias: 0 }) + beta * t.bias),
    );
    const { values } = await runOnce(graph, uniformOf(graph, 0), feeds);
    const scaled = (t: Terms): number =>
      low({ w: [1], h: [alpha * low({ ...t, bias: 0 })], bias: Math.fround(beta * t.bias), neuron: 0 });
    expect(values.get("Gemm_0")).toEqual(terms.map(scaled));
  });
});

describe("MatMul", () => {
  test("by a constant matrix: a neuron is a column, leading axes are more rows", async () => {
    const b = new GraphBuilder();
    const graph = b.build(
      b.node("MatMul", [b.input("x", [2, 3, 10]), b.constant("w", randomTensor([10, 4], 2))]),
    );
    await check(graph, ([a, w], out) => matMulTerms(a!, w!, out, true));
  });

  test("of two activations: a neuron is a head, batches are broadcast", async () => {
    for (const [a, c] of [
      [
        [2, 3, 4, 9],
        [2, 3, 9, 5],
      ],
      [
        [3, 4, 9],
        [2, 1, 9, 5],
      ],
      [
        [4, 9],
        [3, 9, 2],
      ],
    ] as const) {
      const b = new GraphBuilder();
      const graph = b.build(b.node("MatMul", [b.input("q", a), b.input("k", c)]));
      await check(graph, ([q, k], out) => matMulTerms(q!, k!, out, false));
    }
  });

  test("of two plain matrices of activations has one neuron", async () => {
    const b = new GraphBuilder();
    const graph = b.build(b.node("MatMul", [b.input("q", [3, 9]), b.input("k", [9, 4])]));
    await check(graph, ([q, k], out) => matMulTerms(q!, k!, out, true).map((t) => ({ ...t, neuron: 0 })));
  });

  test("takes lists for a row and a column", async () => {
    const dot = async (a: number[], c: number[]): Promise<number[][]> => {
      const b = new GraphBuilder();
      const graph = b.build(
        b.node(
          "MatMul",
          [
            b.input("a", a),
            b.constant(
              "c",
              tensorOf(
                c,
                [1, 2, 3, 4, 5, 6].slice(
                  0,
                  c.reduce((x, y) => x * y),
                ),
              ),
            ),
          ],
          {},
          "y",
        ),
      );
      const { outputs } = await runOnce(
        graph,
        "reference",
        new Map([["a", tensorOf(a, a.length === 1 ? [1, 10] : [1, 10, 2, 20])]]),
      );
      return [[...outputs.get("y")!.dims], numbersOf(outputs.get("y")!)];
    };
    expect(await dot([2], [2])).toEqual([[], [21]]);
    expect(await dot([2], [2, 3])).toEqual([[3], [41, 52, 63]]);
    expect(await dot([2, 2], [2])).toEqual([[2], [21, 42]]);
  });
});
