import { describe, expect, test } from "vitest";
import type { Graph } from "../graph.js";
import { GraphBuilder, randomTensor, tensorOf } from "../testing.js";
import { verify } from "../verify.js";
import { fuseBias } from "./fuse-bias.js";
import { inferTypes } from "./pass.js";

const random = (b: GraphBuilder, id: string, ...dims: number[]): string =>
  b.constant(id, randomTensor(dims, id.length));

const conv = (b: GraphBuilder): string =>
  b.node("Conv", [b.input("x", [1, 2, 4, 4]), random(b, "w", 3, 2, 3, 3)], {}, "sum");
const gemm = (b: GraphBuilder): string =>
  b.node("Gemm", [b.input("x", [2, 5]), random(b, "w", 5, 3)], {}, "sum");
const gemmT = (b: GraphBuilder): string =>
  b.node("Gemm", [b.input("x", [2, 5]), random(b, "w", 3, 5)], { transB: 1 }, "sum");
const matMul = (b: GraphBuilder): string =>
  b.node("MatMul", [b.input("x", [2, 4, 5]), random(b, "w", 5, 3)], {}, "sum");

function graphOf(make: (b: GraphBuilder) => string[]): Graph {
  const b = new GraphBuilder();
  return b.build(...make(b));
}

describe("fuseBias moves an Add of one constant per neuron into", () => {
  test.each<[string, (b: GraphBuilder) => string, number[]]>([
    ["a Conv, as [C, 1, 1]", conv, [3, 1, 1]],
    ["a Conv, as [1, C, 1, 1]", conv, [1, 3, 1, 1]],
    ["a Conv, one number for all", conv, []],
    ["a Gemm", gemm, [3]],
    ["a Gemm with transposed weights, as [1, N]", gemmT, [1, 3]],
    ["a batched MatMul", matMul, [3]],
    ["a batched MatMul, as [1, 1, N]", matMul, [1, 1, 3]],
    ["a batched MatMul, one number for all", matMul, [1]],
  ])("%s", (_, sum, dims) => {
    for (const left of [true, false]) {
      const graph = graphOf((b) => {
        const s = sum(b);
        const c = random(b, "c", ...dims);
        return [b.node("Add", left ? [s, c] : [c, s], {}, "y")];
      });
      const fused = fuseBias(graph);
      expect(fused.changed).toBe(true);
      const [node, ...rest] = verify(inferTypes(fused.graph)).nodes;
      expect(rest).toEqual([]);
      expect([node!.id, node!.outputs]).toEqual(["sum", ["y"]]);
      const bias = fused.graph.values.get(node!.inputs[2]!)!.constant!;
      const given = graph.values.get("c")!.constant!;
      expect(bias.dims).toEqual([3]);
      expect([...bias.data]).toEqual([0, 1, 2].map((i) => given.data[given.data.length === 1 ? 0 : i]));
      expect(fused.graph.values.has("c")).toBe(false);
    }
  });
});

describe("fuseBias does not fire where", () => {
  test.each<[string, (b: GraphBuilder) => string[]]>([
    [
      "the sum is read twice",
      (b) => {
        const s = gemm(b);
        return [b.node("Add", [s, random(b, "c", 3)]), b.node("Relu", [s])];
      },
    ],
    [
      "the sum is an output",
      (b) => {
        const s = gemm(b);
        return [b.node("Add", [s, random(b, "c", 3)]), s];
      },
    ],
    [
      "the sum is added to itself",
      (b) => {
        const s = gemm(b);
        return [b.node("Add", [s, s])];
      },
    ],
    ["the addend is computed", (b) => [b.node("Add", [gemm(b), b.input("c", [3])])]],
    ["the addend varies from row to row", (b) => [b.node("Add", [gemm(b), random(b, "c", 2, 1)])]],
    ["the addend varies from pixel to pixel", (b) => [b.node("Add", [conv(b), random(b, "c", 2)])]],
    ["the addend is per row of a batch", (b) => [b.node("Add", [matMul(b), random(b, "c", 4, 1)])]],
    ["the addend makes the result larger", (b) => [b.node("Add", [gemm(b), random(b, "c", 5, 1, 3)])]],
    [
      "there is a bias already",
      (b) => [
        b.node("Add", [
          b.node("Gemm", [b.input("x", [2, 5]), random(b, "w", 5, 3), random(b, "bias", 3)]),
          random(b, "c", 3),
        ]),
      ],
    ],
    [
      "the matrix is computed, so that columns are no neurons",
      (b) => [
        b.node("Add", [b.node("MatMul", [b.input("x", [2, 5]), b.input("w", [5, 3])]), random(b, "c", 3)]),
      ],
    ],
    ["it is not an Add", (b) => [b.node("Mul", [gemm(b), random(b, "c", 3)])]],
    [
      "the numbers are float64",
      (b) => [
        b.node("Add", [
          b.node("Gemm", [
            b.input("x", [2, 5], "float64"),
            b.constant("w", { ...tensorOf([5, 3], new Array<number>(15).fill(1), "float64") }),
          ]),
          b.constant("c", tensorOf([3], [1, 2, 3], "float64")),
        ]),
      ],
    ],
  ])("%s", (_, make) => {
    const graph = graphOf(make);
    expect(fuseBias(graph)).toEqual({ graph, changed: false });
  });
});

test("a column of as many numbers as there are rows is not taken for a bias", () => {
  const graph = graphOf((b) => [
    b.node("Add", [b.node("Gemm", [b.input("x", [3, 5]), random(b, "w", 5, 3)]), random(b, "c", 3, 1)]),
  ]);
  expect(fuseBias(graph).changed).toBe(false);
});
