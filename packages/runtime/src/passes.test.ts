// What the passes promise: the same outputs on the exact reference. They live in @mpplan/ir; running needs this package.
import {
  bindDims,
  foldBatchNorm,
  foldConstants,
  fuseBias,
  inferTypes,
  noOperands,
  quantizeOperands,
  standardPasses,
  sumSites,
  verify,
  type Graph,
  type PassResult,
} from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { convNet, GraphBuilder, mlp, randomSamples, randomTensor, tensorOf } from "../../ir/src/testing.js";
import { evaluateNode } from "./evaluate-node.js";
import { numbersOf, relativeError, runOnce } from "./testing.js";

const constant = (b: GraphBuilder, id: string, ...dims: number[]): string =>
  b.constant(id, randomTensor(dims, id.length * 37 + dims.length));

function norm(b: GraphBuilder, value: string, channels: number): string {
  const [scale, shift, mean] = ["scale", "shift", "mean"].map((id) =>
    constant(b, `${id}.${value}`, channels),
  );
  const variance = b.constant(
    `var.${value}`,
    tensorOf(
      [channels],
      Array.from({ length: channels }, (_, i) => 0.3 + i),
    ),
  );
  return b.node("BatchNormalization", [value, scale!, shift!, mean!, variance], {}, `norm.${value}`);
}

async function outputsOf(graph: Graph, seed: number): Promise<number[]> {
  const { outputs } = await runOnce(graph, "reference", randomSamples(graph, 1, seed).at(0));
  return [...outputs.values()].flatMap(numbersOf);
}

/** Runs a pass between two checks of the graph, and compares outputs on two inputs. */
async function difference(graph: Graph, pass: (g: Graph) => Graph): Promise<number> {
  const after = verify(pass(verify(graph)));
  expect(after.outputs).toEqual(graph.outputs);
  const errors = [1, 2].map(async (seed) =>
    relativeError(await outputsOf(after, seed), await outputsOf(graph, seed)),
  );
  return Math.max(...(await Promise.all(errors)));
}

/** Fails where the pass did not fire. */
const fired =
  (pass: (g: Graph) => PassResult) =>
  (graph: Graph): Graph => {
    const result = pass(graph);
    expect(result.changed).toBe(true);
    return inferTypes(result.graph);
  };

type Make = (b: GraphBuilder) => string;
const conv: Make = (b) =>
  b.node("Conv", [b.input("x", [2, 4, 5, 5]), constant(b, "w", 6, 4, 3, 3)], { pads: [1, 1, 1, 1] }, "sum");
const groups: Make = (b) =>
  b.node(
    "Conv",
    [b.input("x", [2, 4, 5, 5]), constant(b, "w", 6, 2, 3, 3), constant(b, "bias", 6)],
    { group: 2 },
    "sum",
  );
const gemm: Make = (b) => b.node("Gemm", [b.input("x", [6, 5]), constant(b, "w", 5, 6)], {}, "sum");
const gemmT: Make = (b) =>
  b.node(
    "Gemm",
    [b.input("x", [3, 5]), constant(b, "w", 6, 5), constant(b, "bias", 6)],
    { transB: 1 },
    "sum",
  );
const matMul: Make = (b) => b.node("MatMul", [b.input("x", [3, 5]), constant(b, "w", 5, 6)], {}, "sum");
const batched: Make = (b) => b.node("MatMul", [b.input("x", [2, 6, 5]), constant(b, "w", 5, 6)], {}, "sum");

function graphOf(make: (b: GraphBuilder) => string): Graph {
  const b = new GraphBuilder();
  return b.build(make(b));
}

describe("folding a BatchNormalization keeps the outputs to the rounding of the folded weights", () => {
  test.each<[string, Make]>([
    ["Conv", conv],
    ["grouped Conv with a bias", groups],
    ["Gemm", gemm],
    ["Gemm with transposed weights and a bias", gemmT],
    ["MatMul", matMul],
  ])("%s", async (_, sum) => {
    const graph = graphOf((b) => norm(b, sum(b), 6));
    const error = await difference(graph, fired(foldBatchNorm));
    // 2^-24 per weight and bias, which the sums do not amplify by more than their condition.
    expect(error).toBeLessThan(1e-6);
    expect(error).toBeGreaterThan(0);
  });

  test("a batch of matrices is left alone: its channels are rows", async () => {
    const graph = graphOf((b) => norm(b, batched(b), 6));
    expect(await difference(graph, (g) => foldBatchNorm(g).graph)).toBe(0);
  });

  test("a Gemm whose C varies from row to row is left alone", async () => {
    const graph = graphOf((b) =>
      norm(b, b.node("Gemm", [b.input("x", [6, 5]), constant(b, "w", 5, 6), constant(b, "column", 6, 1)]), 6),
    );
    expect(await difference(graph, (g) => foldBatchNorm(g).graph)).toBe(0);
  });
});

describe("fusing a bias keeps every bit", () => {
  test.each<[string, Make, number[]]>([
    ["Conv", conv, [6, 1, 1]],
    ["Conv, one number", conv, [1]],
    ["Gemm", gemm, [6]],
    ["MatMul", matMul, [1, 6]],
    ["batched MatMul", batched, [6]],
  ])("%s", async (_, sum, dims) => {
    const graph = graphOf((b) => b.node("Add", [constant(b, "addend", ...dims), sum(b)]));
    expect(await difference(graph, fired(fuseBias))).toBe(0);
  });

  test("a column as long as the rows are is no bias", async () => {
    const graph = graphOf((b) => b.node("Add", [gemm(b), constant(b, "column", 6, 1)]));
    expect(await difference(graph, (g) => fuseBias(g).graph)).toBe(0);
  });
});

test("folding constants keeps every bit, computed shapes included", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", [2, 3, 4]);
    const shape = b.node("Shape", [x]);
    const first = b.node("Slice", [
      shape,
      ...[0, 1, 0].map((n, i) => b.constant(`s${i}`, tensorOf([1], [n], "int64"))),
    ]);
    const target = b.node("Concat", [first, b.constant("rest", tensorOf([1], [-1], "int64"))], { axis: 0 });
    const flat = b.node("Reshape", [x, target]);
    const scaled = b.node("Mul", [constant(b, "w", 12, 5), b.constant("third", tensorOf([], [1 / 3]))]);
    return b.node("MatMul", [flat, b.node("Neg", [scaled])]);
  });
  const fold = (g: Graph): Graph => inferTypes(foldConstants(g, evaluateNode).graph);
  let folded = graph;
  for (let i = 0; i < 3; i++) folded = fold(folded);
  expect(folded.nodes.map((n) => n.op)).toEqual(["Reshape", "MatMul"]);
  expect(sumSites(folded)[0]).toMatchObject({ neurons: 5, length: 12 });
  // The product and the negation of float32 constants are rounded to binary32 when they are folded.
  expect(await difference(graph, () => folded)).toBeLessThan(1e-7);
});

describe("the standard passes", () => {
  const standard = (g: Graph): Graph => standardPasses(g, evaluateNode);

  test("fold bias, normalisation and bias again into one sum", async () => {
    const graph = graphOf((b) => {
      const sum = b.node("Add", [conv(b), constant(b, "c1", 6, 1, 1)], {}, "biased");
      const scaled = norm(b, sum, 6);
      return b.node("Relu", [scaled], {}, "y");
    });
    expect(await difference(graph, standard)).toBeLessThan(1e-6);
    expect(standard(graph).nodes.map((n) => n.op)).toEqual(["Conv", "Relu"]);
    expect(sumSites(standard(graph))[0]!.activation.name).toBe("relu");
  });

  test("leave nothing to do, and nothing unused", async () => {
    const graph = convNet({ batch: 2 });
    const once = standard(graph);
    expect(once.nodes.map((n) => n.op)).not.toContain("BatchNormalization");
    expect(standard(once)).toEqual(once);
    const read = new Set(once.nodes.flatMap((n) => [...n.inputs, ...n.outputs]));
    for (const id of once.values.keys()) expect(read.has(id) || once.inputs.includes(id), id).toBe(true);
    expect(await difference(graph, standard)).toBeLessThan(1e-6);
  });

  test("leave a graph that needs none of them as it was", async () => {
    const graph = mlp([4, 6, 3]);
    expect(await difference(graph, standard)).toBe(0);
    expect(standard(graph).nodes).toEqual(graph.nodes);
  });
});

describe("the quantised graph is its own reference:", () => {
  test("casting nothing changes no bit", async () => {
    expect(await difference(convNet(), (g) => quantizeOperands(g, noOperands))).toBe(0);
  });

  test("casting to a format that holds the operands changes no bit", async () => {
    const all = { weights: "binary32", activations: "binary64" };
    expect(await difference(convNet(), (g) => quantizeOperands(g, all))).toBe(0);
  });

  test("casting to E4M3 moves the outputs by about its unit roundoff", async () => {
    const error = await difference(mlp([8, 16, 4]), (g) =>
      quantizeOperands(g, { weights: "ieee-e4m3", activations: "ocp-e4m3" }),
    );
    expect(error).toBeGreaterThan(2 ** -8);
    expect(error).toBeLessThan(2 ** -2);
  });
});

test("binding dims changes types, not numbers", async () => {
  const graph = mlp([4, 6, 3], { batch: "N" });
  const bound = bindDims(graph, new Map([["x", [1, 4]]]));
  const feeds = randomSamples(bound, 1).at(0);
  const [open, closed] = await Promise.all([
    runOnce(graph, "reference", feeds),
    runOnce(bound, "reference", feeds),
  ]);
  expect(closed.values).toEqual(open.values);
});
