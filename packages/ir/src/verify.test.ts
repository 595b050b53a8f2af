import { describe, expect, test } from "vitest";
import type { Graph, Node, Value } from "./graph.js";
import { convNet, mlp, tensorOf } from "./testing.js";
import { verify } from "./verify.js";

const good = mlp([3, 4, 2]);

function withNode(index: number, change: Partial<Node>): Graph {
  return { ...good, nodes: good.nodes.map((node, i) => (i === index ? { ...node, ...change } : node)) };
}

function withValue(value: Value): Graph {
  return { ...good, values: new Map(good.values).set(value.id, value) };
}

function withoutAttr(index: number, name: string): Graph {
  const attrs = Object.fromEntries(Object.entries(good.nodes[index]!.attrs).filter(([key]) => key !== name));
  return withNode(index, { attrs });
}

test("a good graph comes back as it is", () => {
  expect(verify(good)).toBe(good);
  verify(convNet());
});

describe("a broken promise is found:", () => {
  const weights = good.values.get("fc1.weight")!;
  test.each<[string, Graph]>([
    ["a value computed twice", withNode(1, { outputs: ["fc1"] })],
    ["a constant that a node computes too", withNode(0, { outputs: ["fc1.bias"] })],
    ["an input that is a constant", { ...good, inputs: ["x", "fc1.bias"] }],
    ["an input named twice", { ...good, inputs: ["x", "x"] }],
    ["an output of a node that the table does not know", withNode(0, { outputs: ["new"] })],
    ["a node that reads what comes later", { ...good, nodes: [...good.nodes].reverse() }],
    ["a node that reads what nobody computes", withNode(0, { inputs: ["y", "fc1.weight", null] })],
    ["two nodes of one name", withNode(1, { id: "fc1" })],
    ["too many inputs", withNode(1, { inputs: ["fc1", "fc1"] })],
    ["too few inputs", withNode(0, { inputs: ["x"] })],
    ["a needed input left out", withNode(0, { inputs: ["x", null, "fc1.bias"] })],
    ["an operator that does not exist", withNode(0, { op: "Frobnicate" as "Gemm" })],
    ["an operator of Object's own properties", withNode(0, { op: "toString" as "Gemm" })],
    ["an attribute that the operator does not have", withNode(1, { attrs: { alpha: 1 } })],
    ["an attribute whose default was not filled in", withoutAttr(0, "transB")],
    ["an output that nothing computes", { ...good, outputs: ["z"] }],
    [
      "a constant of another element type",
      withValue({ ...weights, type: { elem: "float64", shape: [4, 3] } }),
    ],
    ["a constant of other dims", withValue({ ...weights, type: { elem: "float32", shape: [3, 4] } })],
    ["a constant of another rank", withValue({ ...weights, type: { elem: "float32", shape: [12] } })],
    [
      "a constant with too few elements",
      withValue({ ...weights, constant: { ...tensorOf([1], [1]), dims: [4, 3] } }),
    ],
  ])("%s", (_, graph) => {
    expect(() => verify(graph)).toThrowError(expect.objectContaining({ code: "invalid-graph" }));
  });

  test("the message says what, where and what next", () => {
    expect(() => verify(withNode(1, { outputs: ["fc1"] }))).toThrowErrorMatchingInlineSnapshot(`
      [IrError: The value "fc1" is defined twice
        where: node "fc1.act" (Relu, opset 17)
        next: correct the model, or export it again]
    `);
    expect(() => verify(withValue({ ...weights, type: { elem: "float32", shape: [3, 4] } })))
      .toThrowErrorMatchingInlineSnapshot(`
      [IrError: The constant is float32[4, 3], its type says float32[3, 4]
        where: value "fc1.weight"
        next: correct the model, or export it again]
    `);
  });
});

test("a type of unknown rank or with symbols fits any constant of that element", () => {
  const weights = good.values.get("fc1.weight")!;
  for (const shape of [null, ["M", "K"], [null, 3]] as const) {
    verify(withValue({ ...weights, type: { elem: "float32", shape } }));
  }
});
