// What the importer turns into matrix products computes what the operator itself does.
import { describe, expect, test } from "vitest";
import type { Graph, Tensor } from "@mpplan/ir";
import { importOnnx } from "@mpplan/onnx";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { run } from "../../../packages/runtime/src/reference/kernels/testing.js";
import { buildModel, node, text, value } from "../../../packages/onnx/test/model-builder.js";

const executor = createExecutor(createReferenceBackend());
const opsOf = (graph: Graph) => graph.nodes.map((each) => each.op);

/** Numbers of both signs that no two places share. */
function filled(dims: readonly number[], seed = 1): Tensor {
  const size = dims.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: size }, (_, i) => Math.fround(Math.sin(3 * i + seed)));
  return { elem: "float32", dims, data };
}

async function outputsOf(graph: Graph, feeds: readonly Tensor[]): Promise<Tensor[]> {
  const session = await executor.prepare(graph, "reference");
  const named = new Map(
    feeds.map((t, i) => [graph.inputs[i]!, { ...t, data: Float32Array.from(t.data as Float64Array) }]),
  );
  const results = await session.run(named);
  return graph.outputs.map((id) => results.get(id)!);
}

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.dims).toEqual(expected.dims);
  Array.from(expected.data as Float64Array).forEach((x, i) => expect(actual.data[i]).toBeCloseTo(x, 6));
}

describe("Einsum of two operands", () => {
  const einsum = (equation: string, dims: readonly (number | string)[][]): Graph =>
    importOnnx(
      buildModel({
        inputs: dims.map((each, i) => value(`x${i}`, each)),
        nodes: [
          node(
            "Einsum",
            dims.map((_, i) => `x${i}`),
            ["y"],
            [text("equation", equation)],
          ),
        ],
      }),
    );
  const dims = { a: 2, b: 3, c: 4, d: 5, e: 1 } as Readonly<Record<string, number>>;
  const shape = (term: string) => [...term].map((label) => dims[label]!);

  test.each([
    ["ab,bc->ac", ["MatMul"]],
    ["ab,cb->ac", ["Transpose", "MatMul"]],
    ["abc,abd->acd", ["Transpose", "MatMul"]],
    ["bca,dca->bd", ["Transpose", "Reshape", "Reshape", "MatMul"]],
    ["abc,cd->dab", ["MatMul", "Transpose"]],
    ["abc,cd", ["MatMul"]],
    ["ab,b->a", ["Reshape", "MatMul", "Reshape"]],
    ["ab,ab->", ["Reshape", "Reshape", "MatMul", "Reshape"]],
    ["bad,cda->abc", ["Transpose", "Transpose", "MatMul"]],
  ])("%s", async (equation, ops) => {
    const terms = equation.split("->")[0]!.split(",");
    const graph = einsum(equation, terms.map(shape));
    expect(opsOf(graph)).toEqual(ops);
    const feeds = terms.map((term, i) => filled(shape(term), i));
    expectClose((await outputsOf(graph, feeds))[0]!, run("Einsum", feeds, { equation })[0]!);
  });

  test("an ellipsis is a batch that may stretch, and sizes may be open", async () => {
    const graph = einsum("...ij,...jk->...ik", [
      ["N", 2, 3],
      [3, 4],
    ]);
    const feeds = [filled([5, 2, 3]), filled([3, 4])];
    expectClose(
      (await outputsOf(graph, feeds))[0]!,
      run("Einsum", feeds, { equation: "...ij,...jk->...ik" })[0]!,
    );
    expect(
      opsOf(
        einsum("nij,jk->nik", [
          ["N", "L", 3],
          [3, 4],
        ]),
      ),
    ).toEqual(["MatMul"]);
    // Two open sizes would have to be one axis: that cannot be said in a constant shape.
    expect(
      opsOf(
        einsum("bnij,bjk->bnik", [
          [2, "N", "L", 3],
          [2, 3, 4],
        ]),
      ),
    ).toEqual(["Einsum"]);
    expect(
      opsOf(
        einsum("ab,bc->ac", [
          [2, 1],
          [3, 4],
        ]),
      ),
    ).toEqual(["Einsum"]);
  });
});
