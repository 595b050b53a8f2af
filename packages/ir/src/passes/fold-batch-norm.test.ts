import { describe, expect, test } from "vitest";
import type { Attrs, Graph } from "../graph.js";
import { GraphBuilder, randomTensor, tensorOf } from "../testing.js";
import { verify } from "../verify.js";
import { foldBatchNorm } from "./fold-batch-norm.js";
import { inferTypes } from "./pass.js";

const random = (b: GraphBuilder, id: string, ...dims: number[]): string =>
  b.constant(id, randomTensor(dims, id.length + 10));

function norm(b: GraphBuilder, value: string, channels: number, mean?: string): string {
  const list = (id: string): string => random(b, id, channels);
  const variance = b.constant(
    "variance",
    tensorOf(
      [channels],
      Array.from({ length: channels }, (_, i) => 0.5 + i),
    ),
  );
  return b.node(
    "BatchNormalization",
    [value, list("scale"), list("shift"), mean ?? list("mean"), variance],
    {},
    "norm",
  );
}

function graphOf(make: (b: GraphBuilder) => string[]): Graph {
  const b = new GraphBuilder();
  return b.build(...make(b));
}

const gemm = (b: GraphBuilder, attrs: Attrs, c?: number[]): string =>
  b.node(
    "Gemm",
    [
      b.input("x", [3, 5]),
      random(b, "w", ...(attrs["transB"] ? [3, 5] : [5, 3])),
      c ? random(b, "bias", ...c) : null,
    ],
    attrs,
    "sum",
  );

describe("foldBatchNorm", () => {
  test("gives W' = g W and b' = B + g (b - mean), g = scale / sqrt(variance + epsilon), to one binary32 rounding", () => {
    const graph = graphOf((b) => [norm(b, gemm(b, { transB: 1 }, [3]), 3)]);
    const folded = verify(inferTypes(foldBatchNorm(graph).graph));
    expect(folded.nodes.map((n) => [n.id, n.outputs])).toEqual([["sum", ["norm"]]]);
    const of = (g: Graph, id: string): number[] =>
      Array.from(g.values.get(id)!.constant!.data as Float32Array);
    const [scale, shift, mean, variance, w, bias] = ["scale", "shift", "mean", "variance", "w", "bias"].map(
      (id) => of(graph, id),
    ) as number[][];
    const g = scale!.map((s, c) => s / Math.sqrt(variance![c]! + Math.fround(1e-5)));
    const inputs = folded.nodes[0]!.inputs as string[];
    expect(of(folded, inputs[1]!)).toEqual(w!.map((x, i) => Math.fround(g[Math.floor(i / 5)]! * x)));
    expect(of(folded, inputs[2]!)).toEqual(
      g.map((gain, c) => Math.fround(shift![c]! + gain * (bias![c]! - mean![c]!))),
    );
  });

  test("leaves weights that are used elsewhere as they were", () => {
    const graph = graphOf((b) => {
      const sum = gemm(b, { transB: 1 }, [3]);
      return [norm(b, sum, 3), b.node("Gemm", [b.input("z", [1, 5]), "w"], { transB: 1 })];
    });
    const folded = verify(foldBatchNorm(graph).graph);
    expect(folded.values.get("w")).toBe(graph.values.get("w"));
    expect(folded.nodes[0]!.inputs[1]).not.toBe("w");
  });

  test.each<[string, (b: GraphBuilder) => string[]]>([
    [
      "the sum is read twice",
      (b) => {
        const s = gemm(b, {});
        return [norm(b, s, 3), b.node("Relu", [s])];
      },
    ],
    [
      "the sum is an output",
      (b) => {
        const s = gemm(b, {});
        return [norm(b, s, 3), s];
      },
    ],
    ["the statistics are computed", (b) => [norm(b, gemm(b, {}), 3, b.input("mean", [3]))]],
    [
      "the weights are computed",
      (b) => [norm(b, b.node("Gemm", [b.input("x", [2, 5]), b.input("w", [5, 3])]), 3)],
    ],
    [
      "the bias is computed",
      (b) => [norm(b, b.node("Gemm", [b.input("x", [2, 5]), random(b, "w", 5, 3), b.input("c", [3])]), 3)],
    ],
    ["alpha scales the product", (b) => [norm(b, gemm(b, { alpha: 2 }), 3)]],
    ["beta scales the bias", (b) => [norm(b, gemm(b, { beta: 2 }, [3]), 3)]],
    ["the bias is one number for all columns", (b) => [norm(b, gemm(b, {}, [1]), 3)]],
    [
      "the bias varies from row to row, be there as many as columns",
      (b) => [norm(b, gemm(b, {}, [3, 1]), 3)],
    ],
    [
      "the channel is a row of a batched MatMul, be there as many as columns",
      (b) => [norm(b, b.node("MatMul", [b.input("x", [2, 3, 5]), random(b, "w", 5, 3)]), 3)],
    ],
    [
      "the sum is one of the statistics",
      (b) => [
        b.node("BatchNormalization", [
          b.input("z", [2, 1]),
          b.node("MatMul", [b.input("x", [5]), random(b, "w", 5, 1)]),
          ...["bb", "ccc", "dddd"].map((id) => random(b, id, 1)),
        ]),
      ],
    ],
  ])("does not fire where %s", (_, make) => {
    const graph = graphOf(make);
    expect(foldBatchNorm(graph)).toEqual({ graph, changed: false });
  });
});
