import { printType, verify, type Graph } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import {
  buildModel,
  DataType,
  float,
  floats,
  int,
  ints,
  int64s,
  node,
  text,
  thrown,
  value,
  weights,
  type ModelSpec,
} from "../../test/model-builder.js";
import { importOnnx } from "../import.js";

const load = (spec: ModelSpec): Graph => verify(importOnnx(buildModel(spec)));
const fails = (spec: ModelSpec) => thrown(() => importOnnx(buildModel(spec)));
/** The constant that input `index` of the first node is. */
const constant = (graph: Graph, index: number) =>
  graph.values.get(graph.nodes[0]!.inputs[index] ?? "")?.constant;
const output = (graph: Graph) => printType(graph.values.get("y")!.type);

describe("Squeeze and Unsqueeze: axes are an input since opset 13", () => {
  test("an older list becomes a constant", () => {
    const graph = load({ opset: 11, nodes: [node("Unsqueeze", ["x"], ["y"], [ints("axes", [0, 2])])] });
    expect(constant(graph, 1)).toMatchObject({ elem: "int64", dims: [2] });
    expect(graph.nodes[0]!.attrs).toEqual({});
    expect(output(graph)).toBe("float32[1, 2, 1, 3]");
  });
  test("Squeeze without axes stays without", () => {
    const graph = load({ opset: 9, nodes: [node("Squeeze", ["x"], ["y"])], inputs: [value("x", [1, 3])] });
    expect(graph.nodes[0]!.inputs).toEqual(["x"]);
    expect(output(graph)).toBe("float32[3]");
  });
  test("Unsqueeze needs them", () => {
    expect(fails({ opset: 11, nodes: [node("Unsqueeze", ["x"], ["y"])] }).message).toContain(
      'needs the attribute "axes"',
    );
  });
  test("a new node has no such attribute, an old one no such input", () => {
    expect(
      fails({ opset: 13, nodes: [node("Squeeze", ["x"], ["y"], [ints("axes", [0])])] }).message,
    ).toContain('Squeeze has no attribute "axes"');
    const old = { opset: 11, nodes: [node("Squeeze", ["x", "a"], ["y"])], initializers: [int64s("a", [0])] };
    expect(fails(old).message).toContain("at most 1 inputs in opset 11");
  });
});

describe("ReduceMean: axes are an input since opset 18", () => {
  test("an older list becomes a constant", () => {
    const graph = load({
      nodes: [node("ReduceMean", ["x"], ["y"], [ints("axes", [1]), int("keepdims", 0)])],
    });
    expect(output(graph)).toBe("float32[2]");
    expect(graph.nodes[0]!.attrs).toEqual({ keepdims: 0, noop_with_empty_axes: 0 });
  });
  test("opset 18 is as it is", () => {
    const spec = {
      opset: 18,
      nodes: [node("ReduceMean", ["x", "a"], ["y"])],
      initializers: [int64s("a", [0])],
    };
    expect(output(load(spec))).toBe("float32[1, 3]");
  });
});

describe("Slice: its bounds are inputs since opset 10", () => {
  const attrs = [ints("starts", [1]), ints("ends", [2 ** 53 - 1]), ints("axes", [1])];
  test("older lists become constants", () => {
    expect(output(load({ opset: 9, nodes: [node("Slice", ["x"], ["y"], attrs)] }))).toBe("float32[2, 2]");
  });
  test("INT64_MAX, to the end, survives", () => {
    const end = { name: "ends", type: 7, ints: [{ low: -1, high: 0x7fffffff, unsigned: false }] };
    const graph = load({
      opset: 9,
      nodes: [node("Slice", ["x"], ["y"], [attrs[0]!, end as never, attrs[2]!])],
    });
    expect(constant(graph, 2)!.data[0]).toBe(2n ** 63n - 1n);
    expect(output(graph)).toBe("float32[2, 2]");
  });
  test("starts and ends are needed", () => {
    expect(fails({ opset: 9, nodes: [node("Slice", ["x"], ["y"], [attrs[0]!])] })).toMatchObject({
      code: "invalid-attribute",
    });
  });
});

describe("Clip: its bounds are inputs since opset 11", () => {
  test("older numbers become constants of the input's type", () => {
    const graph = load({
      opset: 10,
      nodes: [node("Clip", ["x"], ["y"], [float("min", 0), float("max", 6)])],
    });
    expect([constant(graph, 1)!.data[0], constant(graph, 2)!.data[0]]).toEqual([0, 6]);
    const double = load({
      opset: 10,
      nodes: [node("Clip", ["x"], ["y"], [float("max", 6)])],
      inputs: [value("x", [2], DataType.float64)],
      outputs: [value("y", [2], DataType.float64)],
    });
    expect(double.nodes[0]!.inputs[1]).toBeNull();
    expect(constant(double, 2)).toMatchObject({ elem: "float64", dims: [] });
  });
  test("a bound that is not there stays out", () => {
    expect(load({ opset: 7, nodes: [node("Clip", ["x"], ["y"])] }).nodes[0]!.inputs).toEqual(["x"]);
  });
});

describe("Pad: its amounts and value are inputs since opset 11", () => {
  test("older ones become constants", () => {
    const attrs = [ints("pads", [0, 1, 0, 1]), float("value", 0.5), text("mode", "constant")];
    const graph = load({ opset: 10, nodes: [node("Pad", ["x"], ["y"], attrs)] });
    expect(output(graph)).toBe("float32[2, 5]");
    expect(constant(graph, 2)!.data[0]).toBe(0.5);
    expect(graph.nodes[0]!.attrs).toEqual({ mode: "constant" });
  });
  test("pads are needed", () => {
    expect(fails({ opset: 10, nodes: [node("Pad", ["x"], ["y"])] }).message).toContain('"pads"');
  });
});

describe("Softmax: before opset 13 all axes from the given one on are one row", () => {
  const of = (opset: number, dims: (number | string)[], ...attrs: Parameters<typeof int>[]) =>
    load({
      opset,
      nodes: [
        node(
          "Softmax",
          ["x"],
          ["y"],
          attrs.map((a) => int(...a)),
          { name: "s" },
        ),
      ],
      inputs: [value("x", dims)],
      outputs: [value("y")],
    });
  const opsOf = (graph: Graph) => graph.nodes.map(({ op }) => op);

  test("the last axis means the same in any opset", () => {
    expect(of(11, [2, 3])).toMatchObject({ nodes: [{ id: "s", op: "Softmax", attrs: { axis: -1 } }] });
    expect(of(11, ["N", 3, 4], ["axis", 2])).toMatchObject({ nodes: [{ attrs: { axis: -1 } }] });
    expect(of(11, ["N", 3, 4], ["axis", -1])).toMatchObject({ nodes: [{ attrs: { axis: -1 } }] });
  });
  test("another one takes Flatten and Reshape", () => {
    const graph = of(11, [2, 3, 4]);
    expect(opsOf(graph)).toEqual(["Flatten", "Softmax", "Reshape"]);
    expect(graph.nodes.map(({ id }) => id)).toEqual(["s/flatten", "s", "s/reshape"]);
    expect(graph.nodes[0]!.attrs).toEqual({ axis: 1 });
    expect(graph.nodes[1]!.attrs).toEqual({ axis: -1 });
    expect(output(graph)).toBe("float32[2, 3, 4]");
  });
  test("one unknown size is left open to Reshape", () => {
    const graph = of(11, ["N", 3, 4]);
    expect([...graph.values.get("s/shape")!.constant!.data]).toEqual([-1n, 3n, 4n]);
  });
  test("two unknown sizes are asked of the input", () => {
    expect(opsOf(of(11, ["N", "M", 4]))).toEqual(["Flatten", "Softmax", "Shape", "Reshape"]);
  });
  test("opset 13 is as it is, its default the last axis", () => {
    expect(of(13, [2, 3, 4])).toMatchObject({ nodes: [{ op: "Softmax", attrs: { axis: -1 } }] });
    expect(of(13, [2, 3, 4], ["axis", 1])).toMatchObject({ nodes: [{ attrs: { axis: 1 } }] });
  });
  test("an axis out of range is refused", () => {
    expect(thrown(() => of(11, [2, 3], ["axis", 2])).message).toContain("out of range");
  });
});

describe("BatchNormalization", () => {
  const spec = (opset: number, outputs: string[], ...attribute: ReturnType<typeof int>[]): ModelSpec => ({
    opset,
    nodes: [node("BatchNormalization", ["x", "s", "s", "s", "s"], outputs, attribute)],
    inputs: [value("x", [1, 3, 2, 2])],
    initializers: [weights("s", [3])],
  });
  test("spatial = 1, dropped in opset 9, is what we have", () => {
    expect(load(spec(7, ["y"], int("spatial", 1))).nodes[0]!.attrs).not.toHaveProperty("spatial");
    expect(fails(spec(7, ["y"], int("spatial", 0)))).toMatchObject({ code: "unsupported-feature" });
    expect(fails(spec(9, ["y"], int("spatial", 1)))).toMatchObject({ code: "invalid-attribute" });
  });
  test("outputs of training are dropped where nothing reads them", () => {
    expect(load(spec(9, ["y", "m", "v", "sm", "sv"])).nodes[0]!.outputs).toEqual(["y"]);
    const read = spec(9, ["h", "m"]);
    const more = [...read.nodes!, node("Add", ["h", "m"], ["y"])];
    expect(fails({ ...read, nodes: more })).toMatchObject({ code: "unsupported-feature" });
  });
  test("training mode is refused", () => {
    expect(load(spec(15, ["y"], int("training_mode", 0))).nodes).toHaveLength(1);
    expect(fails(spec(15, ["y"], int("training_mode", 1)))).toMatchObject({ code: "unsupported-feature" });
  });
});

describe("Dropout", () => {
  const bool = (name: string, x: number) => ({ name, dims: [], dataType: DataType.bool, int32Data: [x] });
  const relu = node("Relu", ["h"], ["y"]);
  test("is the identity, whatever its ratio", () => {
    expect(
      load({ opset: 7, nodes: [node("Dropout", ["x"], ["h"], [float("ratio", 0.9)]), relu] }).nodes,
    ).toHaveLength(1);
    const nodes = [node("Dropout", ["x", "r", "t"], ["h"], [int("seed", 1)]), relu];
    const initializers = [weights("r", []), bool("t", 0)];
    expect(load({ nodes, initializers }).nodes).toHaveLength(1);
  });
  test("in training mode is refused, also where that is only known at run time", () => {
    const nodes = [node("Dropout", ["x", "", "t"], ["h"]), relu];
    expect(fails({ nodes, initializers: [bool("t", 1)] })).toMatchObject({ code: "unsupported-feature" });
    const inputs = [value("x", [2]), value("t", [], DataType.bool)];
    expect(fails({ nodes, inputs })).toMatchObject({ code: "unsupported-feature" });
  });
  test("whose mask is used drops nothing: true everywhere, or 1 before opset 10", () => {
    const nodes = [node("Dropout", ["x"], ["h", "mask"]), relu];
    const after = (opset: number, type: number) => {
      const mask = value("mask", [2, 3], type);
      return load({ opset, nodes, outputs: [value("y"), mask] }).nodes.map(({ op }) => op);
    };
    expect(after(17, DataType.bool)).toContain("ConstantOfShape");
    expect(after(7, DataType.float32)).toContain("ConstantOfShape");
  });
});

describe("MaxPool", () => {
  const pool = (outputs: string[]) =>
    node("MaxPool", ["x"], outputs, [ints("kernel_shape", [2, 2]), int("storage_order", 1)]);
  const inputs = [value("x", [1, 1, 4, 4])];
  test("loses indices that nothing reads, and with them their order", () => {
    const graph = load({ nodes: [pool(["y", "i"])], inputs });
    expect(graph.nodes[0]).toMatchObject({ outputs: ["y"], attrs: { storage_order: 0 } });
  });
});

test("Gemm needs C before opset 11", () => {
  const spec = { nodes: [node("Gemm", ["x", "w"], ["y"])], initializers: [weights("w", [3, 2])] };
  expect(load({ ...spec, opset: 11 }).nodes).toHaveLength(1);
  expect(fails({ ...spec, opset: 10 }).message).toContain("needs its third input, C, in opset 10");
});

describe("Resize before opset 11, and Upsample", () => {
  const resize = (opset: number, list: number[], op = "Resize") => ({
    opset,
    nodes: [node(op, ["x", "s"], ["y"])],
    initializers: [weights("s", [2], list)],
  });
  test("take the element before when growing, the one behind when shrinking", () => {
    const graph = load(resize(10, [2, 1]));
    expect(graph.nodes[0]).toMatchObject({
      op: "Resize",
      inputs: ["x", null, "s"],
      attrs: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    });
    expect(output(graph)).toBe("float32[4, 3]");
    expect(load(resize(10, [1, 0.5])).nodes[0]!.attrs["nearest_mode"]).toBe("ceil");
    expect(fails(resize(10, [2, 0.5])).message).toContain("shrinks along another");
  });
  test("Upsample's scales were attributes before opset 9", () => {
    expect(load(resize(9, [2, 2], "Upsample")).nodes[0]!.op).toBe("Resize");
    const old = [node("Upsample", ["x"], ["y"], [floats("scales", [1, 3]), text("mode", "linear")])];
    const graph = load({ opset: 7, nodes: old });
    expect(output(graph)).toBe("float32[2, 9]");
    expect(graph.nodes[0]!.attrs["mode"]).toBe("linear");
    expect(fails({ opset: 7, nodes: [node("Upsample", ["x"], ["y"])] }).message).toContain(
      "needs its scales",
    );
  });
});

test("DFT had its axis as an attribute, the second one if none was given", () => {
  const spec = (attrs: ReturnType<typeof int>[]) => ({
    opset: 17,
    nodes: [node("DFT", ["x"], ["y"], attrs)],
    inputs: [value("x", [2, 4, 5, 1])],
  });
  expect([...constant(load(spec([])), 2)!.data]).toEqual([1n]);
  expect([...constant(load(spec([int("axis", 2)])), 2)!.data]).toEqual([2n]);
});

test("RoiAlign's coordinates, GridSample's modes and LpPool's p as they were", () => {
  const roi = load({
    opset: 10,
    nodes: [node("RoiAlign", ["x", "r", "b"], ["y"])],
    inputs: [value("x", [1, 1, 4, 4]), value("r", [1, 4]), value("b", [1], DataType.int64)],
  });
  expect(roi.nodes[0]!.attrs["coordinate_transformation_mode"]).toBe("output_half_pixel");
  const grid = load({
    opset: 16,
    nodes: [node("GridSample", ["x", "g"], ["y"], [text("mode", "bicubic")])],
    inputs: [value("x", [1, 1, 4, 4]), value("g", [1, 2, 2, 2])],
  });
  expect(grid.nodes[0]!.attrs["mode"]).toBe("cubic");
  const pool = (p: number) => ({
    opset: 1,
    nodes: [node("GlobalLpPool", ["x"], ["y"], [float("p", p)])],
    inputs: [value("x", [1, 1, 4])],
  });
  expect(load(pool(3)).nodes[0]!.attrs["p"]).toBe(3);
  expect(fails(pool(2.5)).message).toContain("p = 2.5");
});

test("an element type of 0 is none", () => {
  const graph = load({
    opset: 23,
    nodes: [node("QuantizeLinear", ["x", "s"], ["y"], [int("output_dtype", 0), int("precision", 0)])],
    initializers: [weights("s", [], [1])],
    outputs: [value("y", undefined, 2)],
  });
  expect(graph.nodes[0]!.attrs).not.toHaveProperty("output_dtype");
  expect(output(graph)).toBe("uint8[2, 3]");
});

describe("Cast", () => {
  const cast = (to: number, out = to) => ({
    nodes: [node("Cast", ["x"], ["y"], [int("to", to)])],
    outputs: [value("y", undefined, out)],
  });
  test("names its element type", () => {
    expect(load(cast(DataType.int64)).nodes[0]!.attrs["to"]).toBe("int64");
    expect(output(load(cast(DataType.bool)))).toBe("bool[2, 3]");
  });
  test("to a type that the IR does not have is refused", () => {
    expect(fails(cast(DataType.complex64)).message).toContain("Unsupported element type complex64");
    expect(fails(cast(99))).toMatchObject({ code: "unsupported-type" });
  });
  test("needs it", () => {
    expect(fails({ nodes: [node("Cast", ["x"], ["y"])] }).message).toContain('needs the attribute "to"');
  });
});
