import { printType, verify, type Graph } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import {
  buildModel,
  DataType,
  float,
  floats,
  gemmModel,
  int,
  ints,
  int64s,
  node,
  tensorAttr,
  text,
  thrown,
  value,
  weights,
  type ModelSpec,
} from "../test/model-builder.js";
import { importOnnx, type ImportOptions } from "./import.js";

const load = (spec: ModelSpec, options?: ImportOptions): Graph =>
  verify(importOnnx(buildModel(spec), options));
const fails = (spec: ModelSpec) => thrown(() => importOnnx(buildModel(spec)));
const typeIn = (graph: Graph, id: string) => printType(graph.values.get(id)!.type);

describe("a small model", () => {
  const graph = verify(importOnnx(gemmModel()));

  test("has its inputs, outputs and nodes in order", () => {
    expect(graph).toMatchObject({ name: "test", inputs: ["x"], outputs: ["y"] });
    expect(graph.operands).toEqual({ weights: null, activations: null });
    expect(graph.nodes).toMatchObject([
      { id: "layer1", op: "Gemm", inputs: ["x", "w", "b"], outputs: ["h"] },
      { id: "Relu_1", op: "Relu", inputs: ["h"], outputs: ["y"] },
    ]);
  });
  test("has every type, symbolic sizes by name", () => {
    expect(["x", "w", "h", "y"].map((id) => typeIn(graph, id))).toEqual([
      "float32[N, 3]",
      "float32[3, 2]",
      "float32[N, 2]",
      "float32[N, 2]",
    ]);
  });
  test("has its attributes with defaults filled in", () => {
    expect(graph.nodes[0]!.attrs).toEqual({ alpha: 1, beta: 1, transA: 0, transB: 0 });
  });
  test("says where its nodes come from", () => {
    expect(graph.nodes[1]!.origin).toEqual({ name: "Relu_1", opType: "Relu", domain: "", opset: 17 });
  });
  test("has the digest of its bytes, and the name it is given", () => {
    expect(graph.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(importOnnx(gemmModel(), { name: "mine" })).toMatchObject({ name: "mine", digest: graph.digest });
  });
});

describe("initializers", () => {
  const spec: ModelSpec = { nodes: [node("Add", ["x", "w"], ["y"])], initializers: [weights("w", [3])] };

  test("that are listed as inputs too, as IR version 3 asks, are not inputs", () => {
    expect(load({ ...spec, inputs: [value("w", [3]), value("x", [2, 3])] }).inputs).toEqual(["x"]);
  });
  test("have the type that the input states", () => {
    const error = fails({ ...spec, inputs: [value("x", [2, 3]), value("w", [4])] });
    expect(error.message).toContain("another type than its initializer");
  });
  test("are constants", () => {
    expect(load(spec).values.get("w")!.constant).toMatchObject({ elem: "float32", dims: [3] });
  });
});

describe("Constant nodes become values:", () => {
  test.each([
    ["value", tensorAttr("value", { dims: [2], dataType: 1, floatData: [1, 2] }), "float32[2]"],
    ["value_float", float("value_float", 0.5), "float32[]"],
    ["value_floats", floats("value_floats", [1, 2, 3]), "float32[3]"],
    ["value_int", int("value_int", 3), "int64[]"],
    ["value_ints", ints("value_ints", [1, 2]), "int64[2]"],
  ])("%s", (_, attr, type) => {
    const graph = load({
      nodes: [node("Constant", [], ["c"], [attr]), node("Identity", ["c"], ["y"])],
      outputs: [value("y", undefined, type.startsWith("int64") ? DataType.int64 : 1)],
    });
    expect(typeIn(graph, "c")).toBe(type);
    expect(graph.values.get("c")!.constant).toBeDefined();
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Identity"]);
  });
  test.each([
    ["another attribute", int("valu", 1), "invalid-attribute"],
    ["another type", int("value_float", 1), "invalid-attribute"],
  ])("not %s", (_, attr, code) => {
    expect(fails({ nodes: [node("Constant", [], ["y"], [attr])] })).toMatchObject({ code });
  });
  test("with two attributes are refused", () => {
    const attrs = [int("value_int", 1), float("value_float", 1)];
    expect(fails({ nodes: [node("Constant", [], ["y"], attrs)] })).toMatchObject({
      code: "invalid-attribute",
    });
  });
});

describe("Identity and Dropout are renamed away", () => {
  test("inside the graph", () => {
    const graph = load({
      nodes: [
        node("Identity", ["x"], ["a"]),
        node("Dropout", ["a"], ["b", "mask"], [], { name: "drop" }),
        node("Identity", ["b"], ["c"]),
        node("Relu", ["c"], ["y"]),
      ],
    });
    expect(graph.nodes).toMatchObject([{ id: "Relu_3", inputs: ["x"] }]);
  });
  test("but not where the value is an output", () => {
    const graph = load({ nodes: [node("Relu", ["x"], ["a"]), node("Dropout", ["a"], ["y"])] });
    expect(graph.nodes).toMatchObject([{ op: "Relu" }, { op: "Identity", inputs: ["a"], outputs: ["y"] }]);
  });
});

describe("node ids", () => {
  const ids = (...names: (string | undefined)[]) =>
    load({
      nodes: names.map((name, i) =>
        node("Relu", [i ? `v${i - 1}` : "x"], [`v${i}`], [], name === undefined ? {} : { name }),
      ),
      outputs: [value(`v${names.length - 1}`)],
    }).nodes.map(({ id }) => id);

  test("are the names where they are unique", () => {
    expect(ids("a", "b")).toEqual(["a", "b"]);
  });
  test("are made of operator and place elsewhere", () => {
    expect(ids("a", undefined, "a", "")).toEqual(["Relu_0", "Relu_1", "Relu_2", "Relu_3"]);
  });
  test("never collide with a name", () => {
    expect(ids(undefined, "Relu_0", "Relu_0_2")).toEqual(["Relu_0_3", "Relu_0", "Relu_0_2"]);
  });
});

test("odd names are data", () => {
  for (const name of ["__proto__", "constructor", "toString", "..", "\0", "a b"]) {
    const graph = load({ nodes: [node("Relu", ["x"], [name], [], { name }), node("Neg", [name], ["y"])] });
    expect(graph.nodes[0]).toMatchObject({ id: name, outputs: [name] });
    expect(graph.values.get(name)!.type).toBeDefined();
  }
});

describe("types", () => {
  test("that cannot be worked out are taken from the file", () => {
    const graph = load({
      nodes: [node("Reshape", ["x", "s"], ["h"]), node("Relu", ["h"], ["y"])],
      inputs: [value("x", [2, 3]), value("s", [2], DataType.int64)],
      valueInfo: [value("h", ["batch", 6])],
    });
    expect(typeIn(graph, "y")).toBe("float32[batch, 6]");
  });
  test("that are worked out stand against the file's", () => {
    expect(typeIn(load({ nodes: [node("Relu", ["x"], ["y"])], outputs: [value("y", ["M", 3])] }), "y")).toBe(
      "float32[2, 3]",
    );
  });
  test("of another element type than the file's are refused", () => {
    const error = fails({
      nodes: [node("Relu", ["x"], ["y"])],
      outputs: [value("y", [2, 3], DataType.int64)],
    });
    expect(error.message).toContain('"y" is declared as int64, but Relu yields float32');
  });
  test("of inputs: -1 and nothing mean unknown, other sizes are sizes", () => {
    const relu = { nodes: [node("Relu", ["x"], ["y"])] };
    expect(typeIn(load({ ...relu, inputs: [value("x", [-1, null, "", "N", 0])] }), "x")).toBe(
      "float32[?, ?, ?, N, 0]",
    );
    expect(typeIn(load({ ...relu, inputs: [value("x")] }), "y")).toBe("float32[...]");
    expect(fails({ ...relu, inputs: [value("x", [-2])] })).toMatchObject({ code: "invalid-model" });
    expect(fails({ ...relu, inputs: [value("x", [2 ** 20, 2 ** 20])] })).toMatchObject({ code: "limit" });
    expect(fails({ ...relu, inputs: [value("x", [2], 14)] })).toMatchObject({
      code: "unsupported-type",
    });
    expect(fails({ ...relu, inputs: [{ name: "x", type: { sequenceType: {} } }] })).toMatchObject({
      code: "unsupported-type",
    });
    const sequence = { sequenceType: { elemType: { tensorType: { elemType: 1 } } } };
    expect(() => load({ ...relu, inputs: [{ name: "x", type: sequence }] })).toThrow(
      "Relu needs a tensor as input number 1, not sequence(float32[...])",
    );
  });
});

describe("attributes", () => {
  const gemm = (...attrs: Parameters<typeof node>[3] & object) => ({
    nodes: [node("Gemm", ["x", "w"], ["y"], attrs)],
    initializers: [weights("w", [3, 2])],
  });
  test.each([
    ["of another type", [text("alpha", "1.0")], 'The attribute "alpha" of Gemm is of type string, not float'],
    ["that the operator does not have", [int("gamma", 1)], 'Gemm has no attribute "gamma"'],
    ["called __proto__", [int("__proto__", 1)], 'Gemm has no attribute "__proto__"'],
    ["given twice", [float("alpha", 1), float("alpha", 2)], 'The attribute "alpha" is given twice'],
    ["with two values", [{ ...float("alpha", 1), i: 3 }], "holds a value of type int"],
    ["with neither type nor value", [{ name: "alpha" }], "neither type nor value"],
    ["of a type that does not exist", [{ name: "alpha", type: 99, f: 1 }], "of type 99"],
    [
      "that refer to a function's",
      [{ name: "alpha", type: 1, refAttrName: "a" }],
      "refers to an attribute of a function",
    ],
    ["without a name", [{ type: 1, f: 1 }], "An attribute has no name"],
  ])("%s are refused", (_, attrs, what) => {
    const error = fails(gemm(...attrs));
    expect(error).toMatchObject({ name: "ImportError", code: "invalid-attribute" });
    expect(error.message).toContain(what);
    expect(error.message).toContain('node "Gemm_0" (Gemm, opset 17)');
  });
  test("without a type, as in the first files, are told by their value", () => {
    expect(load(gemm({ name: "alpha", f: 2 })).nodes[0]!.attrs["alpha"]).toBe(2);
  });
  test("of zero may lack their value: some writers leave zeros out", () => {
    expect(load(gemm({ name: "beta", type: 1 })).nodes[0]!.attrs["beta"]).toBe(0);
  });
  test("that change nothing are let pass", () => {
    expect(load(gemm(ints("consumed_inputs", [0]))).nodes[0]!.attrs).not.toHaveProperty("consumed_inputs");
  });
  test("have binary32 values, defaults included", () => {
    const graph = load({
      nodes: [node("LeakyRelu", ["x"], ["h"]), node("LeakyRelu", ["h"], ["y"], [float("alpha", 0.01)])],
    });
    expect(graph.nodes.map(({ attrs }) => attrs["alpha"])).toEqual([Math.fround(0.01), Math.fround(0.01)]);
  });
  test("that are required have to be there", () => {
    expect(fails({ nodes: [node("Concat", ["x"], ["y"])] }).message).toContain(
      'Concat needs the attribute "axis"',
    );
  });
});

describe("operators without importer", () => {
  test("are all listed at once", () => {
    const error = fails({
      nodes: [
        node("Stft", ["x"], ["a"], [], { name: "stft1" }),
        node("MaxStft", ["a"], ["b"]),
        node("Stft", ["b"], ["c"]),
        node("Nothing", ["c"], ["y"], [], { domain: "ai.onnx.ml" }),
      ],
    });
    expect(error.message).toMatchInlineSnapshot(`
      "These operators have no importer: MaxStft, Stft (2 nodes), ai.onnx.ml.Nothing
        where: node "stft1" (Stft, opset 17), and 3 more
        next: remove the nodes or replace them by supported ones before import, or follow docs/recipes/add-an-op.md"
    `);
  });
  test.each(["", "constructor", "RoundTo", "relu"])("%j is none", (opType) => {
    expect(fails({ nodes: [node(opType, ["x"], ["y"])] })).toMatchObject({ code: "unsupported-op" });
  });
  test("the domain ai.onnx is ONNX's own", () => {
    expect(load({ nodes: [node("Relu", ["x"], ["y"], [], { domain: "ai.onnx" })] }).nodes).toHaveLength(1);
  });
});

describe("versions", () => {
  const relu = { nodes: [node("Relu", ["x"], ["y"])] };
  test.each([1, 7, 13, 28])("opset %i is read", (opset) => {
    expect(load({ ...relu, opset }).nodes[0]!.origin.opset).toBe(opset);
  });
  test.each([29, 0])("opset %i is refused", (opset) => {
    expect(fails({ ...relu, opset }).message).toContain(`opset ${opset}; known are 1 to 28`);
  });
  test("a model has to say its opset, once", () => {
    expect(
      fails({ ...relu, model: { opsetImport: [{ domain: "ai.onnx.ml", version: 2 }] } }).message,
    ).toContain("does not say which opset");
    const twice = [{ version: 13 }, { domain: "ai.onnx", version: 14 }];
    expect(fails({ ...relu, model: { opsetImport: twice } }).message).toContain("13 and 14");
  });
  test("a future IR version is refused", () => {
    expect(fails({ ...relu, model: { irVersion: 999 } })).toMatchObject({ code: "unsupported-version" });
  });
});

describe("features that no operator of ours has are refused:", () => {
  const relu = node("Relu", ["x"], ["y"]);
  test.each<[string, ModelSpec, string]>([
    [
      "functions that only an overload tells apart",
      { nodes: [relu], model: { functions: [{ name: "f" }, { name: "f" }] } },
      "two functions",
    ],
    ["training", { nodes: [relu], model: { trainingInfo: [{}] } }, "training information"],
    ["sparse initializers", { nodes: [relu], graph: { sparseInitializer: [{}] } }, "sparse initializers"],
  ])("%s", (_, spec, what) => {
    const error = fails({ ...spec });
    expect(error).toMatchObject({ code: "unsupported-feature" });
    expect(error.message).toContain(what);
  });
});

describe("a broken graph is refused:", () => {
  test.each<[string, ModelSpec, string]>([
    ["a value that nothing computes", { nodes: [node("Relu", ["z"], ["y"])] }, '"z" is neither an input'],
    ["nodes out of order", { nodes: [node("Relu", ["h"], ["y"]), node("Relu", ["x"], ["h"])] }, "not sorted"],
    ["a loop", { nodes: [node("Relu", ["y"], ["y"])] }, "not sorted"],
    [
      "an input overwritten",
      { nodes: [node("Relu", ["x"], ["x"])], outputs: [value("x")] },
      '"x" is defined twice',
    ],
    [
      "a value computed twice",
      { nodes: [node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])] },
      '"y" is defined twice',
    ],
    [
      "a renamed value computed twice",
      { nodes: [node("Identity", ["x"], ["h"]), node("Neg", ["x"], ["h"])] },
      "twice",
    ],
    [
      "two initializers of one name",
      { initializers: [weights("w", [1]), weights("w", [1])] },
      '"w" is defined twice',
    ],
    ["two inputs of one name", { inputs: [value("x"), value("x")] }, '"x" is defined twice'],
    ["an input without a name", { inputs: [value("")] }, "no name"],
    ["no outputs", { outputs: [] }, "no outputs"],
    ["an output that nothing computes", {}, 'No node computes the output "y"'],
    [
      "an output listed twice",
      { nodes: [node("Relu", ["x"], ["y"])], outputs: [value("y"), value("y")] },
      "listed twice",
    ],
    ["too few inputs", { nodes: [node("Add", ["x"], ["y"])] }, "Add takes 2 inputs, but 1 are given"],
    [
      "a required input left out",
      { nodes: [node("Add", ["", "x"], ["y"])] },
      "Add takes 2 inputs, but 1 are given",
    ],
    ["too many inputs", { nodes: [node("Relu", ["x", "x"], ["y"])] }, "Relu takes 1 inputs, but 2 are given"],
    ["no output of a node", { nodes: [node("Relu", ["x"], [""])] }, "Relu has no output"],
    ["too many outputs", { nodes: [node("Relu", ["x"], ["y", "z"])] }, "Relu has 1 outputs, but 2 are named"],
  ])("%s", (_, spec, what) => {
    const error = fails(spec);
    expect(error).toMatchObject({ name: "ImportError", code: "invalid-model" });
    expect(error.message).toContain(what);
  });
  test("shapes that cannot go together, by the operator's own rule", () => {
    const spec = { nodes: [node("Add", ["x", "w"], ["y"])], initializers: [weights("w", [4])] };
    expect(fails(spec)).toMatchObject({ code: "shape" });
  });
});

test("an optional input in the middle may be left out", () => {
  const graph = load({
    nodes: [node("Clip", ["x", "", "high"], ["y"])],
    initializers: [{ name: "high", dims: [], dataType: 1, floatData: [6] }],
  });
  expect(graph.nodes[0]!.inputs).toEqual(["x", null, "high"]);
});

test("a Buffer is read like any bytes", () => {
  expect(importOnnx(Buffer.from(gemmModel())).digest).toBe(importOnnx(gemmModel()).digest);
});

test("INT64_MAX in an initializer is exact", () => {
  const graph = load({ nodes: [node("Relu", ["x"], ["y"])], initializers: [int64s("i", [2 ** 53 - 1, -1])] });
  expect([...graph.values.get("i")!.constant!.data]).toEqual([2n ** 53n - 1n, -1n]);
});
