// What the importer turns into matrix products computes what the operator itself does.
import { describe, expect, test } from "vitest";
import type { Graph, Tensor } from "@mpplan/ir";
import { importOnnx } from "@mpplan/onnx";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { run } from "../../../packages/runtime/src/reference/kernels/testing.js";
import {
  buildModel,
  DataType,
  float,
  int,
  node,
  text,
  value,
} from "../../../packages/onnx/test/model-builder.js";

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
    feeds.map((t, i) => [
      graph.inputs[i]!,
      { ...t, data: t.elem === "bool" ? t.data : Float32Array.from(t.data as Float64Array) },
    ]),
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

describe("Attention", () => {
  type Given = Parameters<typeof value>[1];
  interface Case {
    readonly shapes: Given[];
    readonly feeds: (Tensor | null)[];
    readonly attrs?: Readonly<Record<string, number>>;
    readonly outputs?: string[];
  }
  const q = filled([2, 4, 3, 5], 1);
  const [k, v] = [filled([2, 2, 6, 5], 2), filled([2, 2, 6, 7], 3)];
  const none = null;

  function attention({ shapes, feeds, attrs = {}, outputs = ["y"] }: Case): Graph {
    const inputs = feeds.flatMap((t, i) =>
      t ? [value(`x${i}`, shapes[i] ?? t.dims, t.elem === "bool" ? DataType.bool : DataType.float32)] : [],
    );
    const named = feeds.map((t, i) => (t ? `x${i}` : ""));
    const attributes = Object.entries(attrs).map(([name, x]) =>
      name === "scale" || name === "softcap" ? float(name, x) : int(name, x),
    );
    return importOnnx(
      buildModel({
        opset: 24,
        inputs,
        outputs: outputs.filter((name) => name !== "").map((name) => value(name)),
        nodes: [node("Attention", named, outputs, attributes)],
      }),
    );
  }

  const mask: Tensor = {
    elem: "bool",
    dims: [3, 6],
    data: Uint8Array.from([1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]),
  };
  const bias = filled([2, 1, 3, 6], 4);
  const past = [filled([2, 2, 2, 5], 5), filled([2, 2, 2, 7], 6)];
  const flat = [filled([2, 3, 20], 1), filled([2, 6, 10], 2), filled([2, 6, 14], 3)];
  const everything = ["y", "k", "v", "qk"];
  const cases: Record<string, Case> = {
    "groups of query heads": { shapes: [], feeds: [q, k, v] },
    "a scale and a softcap, and the scores": {
      shapes: [],
      feeds: [q, k, v],
      attrs: { scale: 0.25, softcap: 0.5, qk_matmul_output_mode: 1 },
      outputs: everything,
    },
    "a bool mask with a line of nothing": {
      shapes: [],
      feeds: [q, k, v, mask],
      attrs: { qk_matmul_output_mode: 3 },
      outputs: everything,
    },
    "a float mask, causal": {
      shapes: [],
      feeds: [q, k, v, bias],
      attrs: { is_causal: 1, qk_matmul_output_mode: 2 },
      outputs: everything,
    },
    "earlier keys, causal": {
      shapes: [],
      feeds: [q, k, v, none, ...past],
      attrs: { is_causal: 1 },
      outputs: everything,
    },
    "rank 3": { shapes: [], feeds: flat, attrs: { q_num_heads: 4, kv_num_heads: 2 }, outputs: everything },
    "open batch and lengths": {
      shapes: [
        ["N", 4, "L", 5],
        ["N", 2, "S", 5],
        ["N", 2, "S", 7],
      ],
      feeds: [q, k, v],
    },
  };

  test.each(Object.keys(cases))("%s", async (name) => {
    const one = cases[name]!;
    const graph = attention(one);
    expect(opsOf(graph)).not.toContain("Attention");
    expect(opsOf(graph).filter((op) => op === "MatMul")).toHaveLength(2);
    const actual = await outputsOf(
      graph,
      one.feeds.filter((t) => t !== null),
    );
    const outputs = one.outputs ?? ["y"];
    const expected = run("Attention", one.feeds, one.attrs, outputs).slice(0, outputs.length);
    expect(actual).toHaveLength(expected.length);
    expected.forEach((t, i) => expectClose(actual[i]!, t));
  });

  test("causal with open lengths, and a mask that is short, stay", () => {
    expect(opsOf(attention({ ...cases["open batch and lengths"]!, attrs: { is_causal: 1 } }))).toEqual([
      "Attention",
    ]);
    const short: Tensor = { elem: "bool", dims: [3, 2], data: new Uint8Array(6) };
    expect(opsOf(attention({ shapes: [], feeds: [q, k, v, short] }))).toEqual(["Attention"]);
  });

  test("what Attention refuses is refused, in whatever operators it would be said", () => {
    const wide = filled([3, 1, 3, 6]);
    expect(() => attention({ shapes: [], feeds: [q, k, v, wide] })).toThrow("cannot broadcast");
    expect(() => attention({ shapes: [], feeds: flat })).toThrow("needs the attribute q_num_heads");
    expect(() => attention({ shapes: [], feeds: [q, k, v], attrs: { qk_matmul_output_mode: 4 } })).toThrow(
      "qk_matmul_output_mode of Attention is 4",
    );
  });
});
