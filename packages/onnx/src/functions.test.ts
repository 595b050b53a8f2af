// Local functions and graphs inside nodes: both end as plain nodes and closed bodies.
import { bodyAttr, verify, type Graph } from "@mpplan/ir";
import { expect, test } from "vitest";
import { buildModel, DataType, float, node, thrown, value, type ModelSpec } from "../test/model-builder.js";
import { importOnnx } from "./import.js";

const load = (spec: ModelSpec): Graph => verify(importOnnx(buildModel(spec)));
const opsetImport = [{ domain: "", version: 17 }];
const scaled = {
  name: "Scaled",
  domain: "mine",
  input: ["a"],
  output: ["b"],
  attribute: ["slope"],
  node: [
    { opType: "Neg", input: ["a"], output: ["t"] },
    {
      opType: "LeakyRelu",
      input: ["t"],
      output: ["b"],
      attribute: [{ name: "alpha", refAttrName: "slope", type: 1 }],
    },
  ],
  opsetImport,
};
const calls = (functions: object[], ...nodes: ReturnType<typeof node>[]): ModelSpec => ({
  nodes,
  model: { functions, opsetImport: [...opsetImport, { domain: "mine", version: 1 }] } as never,
});

test("a call becomes the function's nodes, with the call's attributes and names of its own", () => {
  const call = (input: string, output: string, ...attrs: ReturnType<typeof float>[]) =>
    node("Scaled", [input], [output], attrs, { domain: "mine" });
  const graph = load(calls([scaled], call("x", "h", float("slope", 0.5)), call("h", "y")));
  expect(graph.nodes.map(({ id, op }) => `${id} ${op}`)).toEqual([
    "Scaled_0/Neg_0 Neg",
    "Scaled_0/LeakyRelu_1 LeakyRelu",
    "Scaled_1/Neg_0 Neg",
    "Scaled_1/LeakyRelu_1 LeakyRelu",
  ]);
  expect(graph.nodes[1]!.attrs).toEqual({ alpha: 0.5 });
  // The call leaves it out: LeakyRelu's own default.
  expect(graph.nodes[3]!.attrs).toEqual({ alpha: Math.fround(0.01) });
  expect(graph.nodes[1]!.inputs).toEqual(["Scaled_0/t"]);
});

test("a function that calls itself is refused", () => {
  const endless = { ...scaled, node: [{ opType: "Scaled", domain: "mine", input: ["a"], output: ["b"] }] };
  const spec = calls([endless], node("Scaled", ["x"], ["y"], [], { domain: "mine" }));
  expect(thrown(() => load(spec)).message).toContain("calls itself");
});

test("a body is closed: what it reads of the graph around becomes an input of it and of the node", () => {
  const branch = (name: string, op: string) => ({
    name,
    type: 5,
    g: {
      name,
      node: [{ opType: op, input: ["h"], output: [`${name}_y`] }],
      output: [{ name: `${name}_y`, type: { tensorType: { elemType: 1 } } }],
    },
  });
  const graph = load({
    nodes: [
      node("Relu", ["x"], ["h"]),
      node("If", ["c"], ["y"], [branch("then_branch", "Neg"), branch("else_branch", "Exp")]),
    ],
    inputs: [value("x", [2]), value("c", [], DataType.bool)],
  });
  const choice = graph.nodes[1]!;
  expect(choice.inputs).toEqual(["c", "h"]);
  const body = bodyAttr(choice, "then_branch");
  expect(body.captured).toEqual([1]);
  expect(body.graph).toMatchObject({ inputs: ["h"], outputs: ["then_branch_y"] });
  expect(graph.values.get("y")!.type).toEqual({ elem: "float32", shape: [2] });
});
