import { ieeeE4m3, round } from "@mpplan/formats";
import { describe, expect, test } from "vitest";
import { convNet, GraphBuilder, mlp, randomTensor, tensorOf } from "../testing.js";
import { verify } from "../verify.js";
import { noOperands } from "../precision.js";
import { quantizeOperands } from "./quantize-operands.js";

const e4m3 = { weights: "ieee-e4m3", activations: null };

describe("weights", () => {
  test("and biases of every sum are rounded to nearest, saturating at 240", () => {
    const graph = mlp([3, 4, 2], { scale: 400 });
    const quantized = verify(quantizeOperands(graph, e4m3));
    expect(quantized.operands).toEqual(e4m3);
    for (const node of quantized.nodes.filter((n) => n.op === "Gemm")) {
      for (const id of node.inputs.slice(1)) {
        const before = graph.values.get(id!.replace(".ieee-e4m3", ""))!.constant!.data as Float32Array;
        const after = quantized.values.get(id!)!.constant!.data as Float32Array;
        expect([...after]).toEqual(Array.from(before, (x) => round(x, ieeeE4m3, { overflow: "saturate" })));
      }
    }
    const largest = [...quantized.values.values()].flatMap((v) =>
      [...((v.constant?.data as Float32Array) ?? [])].map(Math.abs),
    );
    expect(Math.max(...largest)).toBe(240);
  });

  test("that other nodes read too are cast for the sums alone, once", () => {
    const b = new GraphBuilder();
    const w = b.constant("w", randomTensor([3, 3], 1));
    const one = b.node("MatMul", [b.input("x", [2, 3]), w]);
    const two = b.node("MatMul", [one, w]);
    const graph = b.build(b.node("Add", [two, b.node("ReduceMean", [w], { keepdims: 0 })]));
    const quantized = verify(quantizeOperands(graph, e4m3));
    expect(quantized.nodes.map((n) => n.inputs[1] ?? n.inputs[0])).toEqual([
      "w.ieee-e4m3",
      "w.ieee-e4m3",
      "w",
      expect.any(String),
    ]);
    expect(quantized.values.get("w")).toBe(graph.values.get("w"));
  });

  test("on the left of a product count too", () => {
    const b = new GraphBuilder();
    const product = b.node("MatMul", [b.constant("w", tensorOf([1, 2], [1.1, 500])), b.input("x", [2, 3])]);
    const quantized = quantizeOperands(b.build(product), e4m3);
    expect([...quantized.values.get("w.ieee-e4m3")!.constant!.data]).toEqual([1.125, 240]);
  });
});

describe("activations", () => {
  test("are cast once before the sums that read them, network inputs too", () => {
    const b = new GraphBuilder();
    const x = b.input("x", [3, 3]);
    const one = b.node("MatMul", [x, b.constant("w", randomTensor([3, 3], 1))], {}, "one");
    const two = b.node("MatMul", [x, one], {}, "two");
    const graph = verify(
      quantizeOperands(b.build(b.node("Add", [two, x], {}, "y")), { weights: null, activations: "binary16" }),
    );
    expect(graph.nodes.map((n) => [n.op, ...n.inputs, ...n.outputs])).toEqual([
      ["RoundTo", "x", "x.binary16"],
      ["MatMul", "x.binary16", "w", "one"],
      ["RoundTo", "one", "one.binary16"],
      ["MatMul", "x.binary16", "one.binary16", "two"],
      ["Add", "two", "x", "y"],
    ]);
    expect(graph.nodes[0]!.attrs).toEqual({ format: "binary16" });
  });

  test("keep their names apart from values that are there already", () => {
    const b = new GraphBuilder();
    const x = b.input("x", [1, 2]);
    const other = b.input("x.ocp-e4m3", [1, 2]);
    const product = b.node("MatMul", [x, b.constant("w", randomTensor([2, 2], 1))]);
    const graph = verify(
      quantizeOperands(b.build(b.node("Add", [product, other])), { weights: null, activations: "ocp-e4m3" }),
    );
    expect(graph.nodes.map((n) => [n.op, ...n.inputs, ...n.outputs])).toEqual([
      ["RoundTo", "x", "x.ocp-e4m3.1"],
      ["MatMul", "x.ocp-e4m3.1", "w", "MatMul_0"],
      ["Add", "MatMul_0", "x.ocp-e4m3", "Add_1"],
    ]);
  });
});

test("a graph is cast once; nothing to cast changes nothing but the types", () => {
  expect(() => quantizeOperands(quantizeOperands(mlp([3, 2]), e4m3), e4m3)).toThrowError(
    expect.objectContaining({ code: "wrong-operands" }),
  );
  const graph = convNet();
  expect(quantizeOperands(graph, noOperands).nodes).toEqual(graph.nodes);
});

test("an unknown format is refused before anything is cast", () => {
  expect(() => quantizeOperands(mlp([3, 2]), { weights: "fp8", activations: null })).toThrowError(
    expect.objectContaining({ code: "ambiguous-format" }),
  );
});
