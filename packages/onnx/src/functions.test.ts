// Local functions and graphs inside nodes: both end as plain nodes and closed bodies.
import { bodyAttr, verify, type Graph } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
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

describe("small files that would become large models", () => {
  type Named = { opType: string; domain?: string; input: string[]; output: string[]; attribute?: object[] };
  const call = (name: string, input: string, output: string): Named => ({
    opType: name,
    domain: "mine",
    input: [input],
    output: [output],
  });
  const made = (name: string, ...nodes: Named[]) => ({
    ...scaled,
    name,
    attribute: [],
    node: nodes,
    opsetImport: [...opsetImport, { domain: "mine", version: 1 }],
  });
  const branch = (...nodes: Named[]) => ({
    opType: "If",
    input: ["a"],
    output: ["b"],
    attribute: ["then_branch", "else_branch"].map((name) => ({
      name,
      type: 5,
      g: { node: nodes, output: [{ name: "r" }] },
    })),
  });
  const refusal = (functions: object[], options = {}) => {
    const [first] = functions as { name: string }[];
    const bytes = buildModel(
      calls(functions, node(first!.name, ["x"], ["y"], [], { domain: "mine" })) as ModelSpec,
    );
    const error = thrown(() => importOnnx(bytes, options));
    return [error.code, error.message.split("\n")[0]];
  };
  const doubling = (last: object) => [
    ...Array.from({ length: 40 }, (_, i) =>
      made(`F${i}`, call(`F${i + 1}`, "a", "t"), call(`F${i + 1}`, "t", "b")),
    ),
    last,
  ];

  test("functions that call the next one twice end at the limit", () => {
    const [code, what] = refusal(doubling(made("F40", { opType: "Neg", input: ["a"], output: ["b"] })));
    expect([code, what]).toEqual(["limit", expect.stringContaining("the limit is")]);
  });

  test("so they do where nothing comes of it", () => {
    const what = "Replacing calls of functions by their nodes makes too much; the limit is 2097152";
    expect(refusal(doubling(made("F40")))).toEqual(["limit", what]);
  });

  test("so they do where the calls lie in bodies", () => {
    const functions = Array.from({ length: 20 }, (_, i) =>
      made(`F${i}`, branch(call(`F${i + 1}`, "a", "r"))),
    );
    const [code, what] = refusal([...functions, made("F20", { opType: "Neg", input: ["a"], output: ["b"] })]);
    expect([code, what]).toEqual(["limit", expect.stringContaining("the limit is")]);
  });

  test("a function that calls itself from a body is refused", () => {
    expect(refusal([made("F0", branch(call("F0", "a", "r")))])).toEqual([
      "invalid-model",
      'The function "mine.F0" calls itself',
    ]);
  });

  test("calls inside calls count as depth", () => {
    const chain = Array.from({ length: 1000 }, (_, i) => made(`F${i}`, call(`F${i + 1}`, "a", "b")));
    const what = "Bodies and calls of functions are nested 65 deep; the limit is 64";
    expect(refusal([...chain, made("F1000")])).toEqual(["limit", what]);
  });

  test("long names count by their length", () => {
    const long = { opType: "Neg", input: ["a"], output: ["b"], name: "n".repeat(2 ** 20) };
    const functions = [
      made("F0", ...Array.from({ length: 100 }, () => call("F1", "a", "b"))),
      made("F1", long),
    ];
    expect(refusal(functions, { limits: { inlined: 2 ** 16 } })).toEqual([
      "limit",
      "Replacing calls of functions by their nodes makes too much; the limit is 65536",
    ]);
  });
});

test("the constants of a function are held once, however often it is called", () => {
  const weights = { name: "value", type: 4, t: tensorOfOnes(1000) };
  const adds = {
    ...scaled,
    attribute: [],
    node: [
      { opType: "Constant", input: [], output: ["w"], attribute: [weights] },
      { opType: "Add", input: ["a", "w"], output: ["b"] },
    ],
  };
  const names = ["x", "h1", "h2", "y"];
  const nodes = [0, 1, 2].map((i) => node("Scaled", [names[i]!], [names[i + 1]!], [], { domain: "mine" }));
  const bytes = buildModel({ ...calls([adds], ...nodes), inputs: [value("x", [1000])] });
  // Room for one of the three.
  const graph = verify(importOnnx(bytes, { limits: { weightBytes: 4000 } }));
  const constants = [...graph.values.values()].flatMap((each) => each.constant ?? []);
  expect(constants).toHaveLength(3);
  expect(new Set(constants).size).toBe(1);
});

test("nodes of a call get other names than nodes of the file have", () => {
  const graph = load(
    calls(
      [scaled],
      node("Scaled", ["x"], ["h"], [float("slope", 1)], { domain: "mine" }),
      node("Relu", ["h"], ["y"], [], { name: "Scaled_0/Neg_0" }),
    ),
  );
  expect(graph.nodes.map(({ id }) => id)).toEqual([
    "Scaled_0/Neg_0_2",
    "Scaled_0/LeakyRelu_1",
    "Scaled_0/Neg_0",
  ]);
});

function tensorOfOnes(size: number) {
  return { dims: [size], dataType: DataType.float32, floatData: new Array<number>(size).fill(1) };
}
