// Opsets 1 to 6, which the cases of ONNX's test suite no longer show.
import { printType, verify, type Graph } from "@mpplan/ir";
import { expect, test } from "vitest";
import {
  buildModel,
  int,
  int64s,
  ints,
  node,
  thrown,
  value,
  type ModelSpec,
} from "../../test/model-builder.js";
import { importOnnx } from "../import.js";

const load = (spec: ModelSpec): Graph => verify(importOnnx(buildModel(spec)));
const fails = (spec: ModelSpec): string => thrown(() => importOnnx(buildModel(spec))).message;
const output = (graph: Graph): string => printType(graph.values.get("y")!.type);
const shapes = [value("x", [2, 3, 4]), value("b", [3])];

test("broadcast from an axis on becomes an Unsqueeze and today's rule", () => {
  const add = node("Add", ["x", "b"], ["y"], [int("broadcast", 1), int("axis", 1)]);
  const graph = load({ opset: 6, inputs: shapes, nodes: [add] });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Unsqueeze", "Add"]);
  expect(output(graph)).toBe("float32[2, 3, 4]");
  const negative = node("Pow", ["x", "b"], ["y"], [int("broadcast", 1), int("axis", -2)]);
  expect(output(load({ opset: 1, inputs: shapes, nodes: [negative] }))).toBe("float32[2, 3, 4]");
});

test("broadcast at the end needs nothing, and one out of range is refused", () => {
  const last = { opset: 6, inputs: [value("x", [2, 3]), value("b", [3])] };
  const graph = load({ ...last, nodes: [node("Mul", ["x", "b"], ["y"], [int("broadcast", 1)])] });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Mul"]);
  const far = node("Mul", ["x", "b"], ["y"], [int("broadcast", 1), int("axis", 2)]);
  expect(fails({ ...last, nodes: [far] })).toContain("The axis 2 of Mul is out of range for ranks 2 and 1");
  const open = [value("x"), value("b", [3])];
  expect(fails({ opset: 6, inputs: open, nodes: [far] })).toContain("the ranks of its inputs are not known");
});

test("the slope of PRelu belongs to the channels", () => {
  const graph = load({ opset: 6, inputs: shapes, nodes: [node("PRelu", ["x", "b"], ["y"])] });
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Unsqueeze", "PRelu"]);
});

test("Reshape, Concat, Pad, Split, TopK and Tile of opset 1", () => {
  const after = (
    name: string,
    attrs: ReturnType<typeof int>[],
    inputs = ["x"],
    spec: ModelSpec = {},
  ): string => output(load({ opset: 1, nodes: [node(name, inputs, ["y"], attrs)], ...spec }));
  expect(after("Reshape", [ints("shape", [3, -1])])).toBe("float32[3, 2]");
  expect(after("Concat", [], ["x", "x"])).toBe("float32[2, 6]");
  expect(after("Pad", [ints("paddings", [0, 1, 0, 1])])).toBe("float32[2, 5]");
  expect(after("Split", [int("axis", 1), ints("split", [3])])).toBe("float32[2, 3]");
  expect(after("TopK", [int("k", 2)])).toBe("float32[2, 2]");
  const tiles = { initializers: [int64s("t", [2]), int64s("a", [1])] };
  expect(after("Tile", [], ["x", "t", "a"], tiles)).toBe("float32[2, 6]");
});

test("Selu has fewer digits, BatchNormalization says that it is not in training", () => {
  const graph = load({ opset: 1, nodes: [node("Selu", ["x"], ["y"])] });
  expect(graph.nodes[0]!.attrs["alpha"]).toBe(Math.fround(1.6732));
  const inputs = [value("x", [2, 3]), ...["s", "c", "m", "v"].map((id) => value(id, [3]))];
  const norm = (is: number): ModelSpec => ({
    opset: 6,
    inputs,
    nodes: [node("BatchNormalization", ["x", "s", "c", "m", "v"], ["y"], [int("is_test", is)])],
  });
  expect(output(load(norm(1)))).toBe("float32[2, 3]");
  expect(fails(norm(0))).toContain("is_test = 0");
});

test("a Scan over a batch is a Scan over samples of a Scan, and lengths are refused", () => {
  expect(
    fails({ opset: 8, nodes: [node("Scan", ["x", "x"], ["y"], [int("num_scan_inputs", 1)])] }),
  ).toContain("Scan has sequence_lens");
});
