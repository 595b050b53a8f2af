// The whole models that are damaged: one of many operators made here, the fixtures, and small ones of the shared data.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  buildModel,
  float,
  gemmModel,
  int,
  ints,
  int64s,
  node,
  tensorAttr,
  text,
  value,
  weights,
} from "../../../onnx/test/model-builder.js";
import { sharedData } from "../../../../tools/shared-data.js";
import { repositoryRoot } from "../../../../tools/workspace.js";

/** Larger files are slow to damage, and no other code reads them. */
const largestFile = 100_000;

export interface Whole {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function readCorpus(): Whole[] {
  const fixtures = path.join(repositoryRoot, "fixtures", "models");
  const files = readdirSync(fixtures).map((name) => path.join(fixtures, name, "model.onnx"));
  const shared = sharedData("models");
  if (shared !== null) files.push(...readdirSync(shared).map((name) => path.join(shared, name)));
  const wanted = files.filter(
    (file) => file.endsWith(".onnx") && existsSync(file) && statSync(file).size <= largestFile,
  );
  return [
    { name: "one sum", bytes: gemmModel() },
    { name: "many operators", bytes: manyOperators() },
    { name: "weights elsewhere", bytes: weightsElsewhere() },
    ...wanted.map((file) => ({
      name: path.relative(repositoryRoot, file),
      bytes: new Uint8Array(readFileSync(file)),
    })),
  ];
}

/** Attributes of every kind, constants, upgrades: damage meets every reader. */
function manyOperators(): Uint8Array {
  return buildModel({
    opset: 9,
    inputs: [value("x", ["N", 1, 8, 8])],
    outputs: [value("y"), value("z")],
    nodes: [
      node("Constant", [], ["shape"], [tensorAttr("value", { dims: [2], dataType: 7, int64Data: [0, -1] })]),
      node(
        "Conv",
        ["x", "w"],
        ["c"],
        [ints("kernel_shape", [3, 3]), ints("pads", [1, 1, 1, 1]), text("auto_pad", "NOTSET")],
      ),
      node("BatchNormalization", ["c", "s", "s", "s", "s"], ["n"], [float("epsilon", 1e-5)]),
      node("MaxPool", ["n"], ["m"], [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])]),
      node("Pad", ["m"], ["p"], [ints("pads", [0, 0, 1, 1, 0, 0, 1, 1]), float("value", 0.5)]),
      node("Clip", ["p"], ["l"], [float("min", 0), float("max", 6)]),
      node("Slice", ["l"], ["i"], [ints("starts", [1]), ints("ends", [5]), ints("axes", [2])]),
      node("Softmax", ["i"], ["f"], [int("axis", 1)]),
      node("Reshape", ["f", "shape"], ["y"]),
      node("Shape", ["f"], ["q"]),
      node("Gather", ["q", "g"], ["u"], [int("axis", 0)]),
      node("Unsqueeze", ["u"], ["v"], [ints("axes", [0])]),
      node("Cast", ["v"], ["z"], [int("to", 1)]),
    ],
    initializers: [weights("w", [2, 1, 3, 3]), weights("s", [2]), int64s("g", [0])],
  });
}

function weightsElsewhere(): Uint8Array {
  const externalData = [
    { key: "location", value: "w.bin" },
    { key: "offset", value: "8" },
    { key: "length", value: "16" },
  ];
  return buildModel({
    nodes: [node("MatMul", ["x", "w"], ["y"])],
    inputs: [value("x", [1, 2])],
    initializers: [{ name: "w", dims: [2, 2], dataType: 1, dataLocation: 1, externalData }],
  });
}
