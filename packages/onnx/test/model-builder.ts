// Builds small ONNX files in code, for tests only: what onnx-proto encodes, not what the importer would like.
import pkg from "onnx-proto";
import type { onnx as Onnx } from "onnx-proto";
// For its side effect: 64-bit integers need Long.
import "../src/proto.js";

const { onnx } = pkg;

/** TensorProto.DataType by name. */
export const DataType = {
  undefined: 0,
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  bfloat16: 16,
} as const;

export interface ModelSpec {
  opset?: number;
  inputs?: Onnx.IValueInfoProto[];
  outputs?: Onnx.IValueInfoProto[];
  nodes?: Onnx.INodeProto[];
  initializers?: Onnx.ITensorProto[];
  valueInfo?: Onnx.IValueInfoProto[];
  /** Fields of the model and of its graph that a test wants otherwise. */
  model?: Onnx.IModelProto;
  graph?: Onnx.IGraphProto;
}

export function buildModel(spec: ModelSpec): Uint8Array {
  const { opset = 17, inputs = [value("x", [2, 3])], outputs = [value("y")], nodes = [] } = spec;
  const model: Onnx.IModelProto = {
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "test",
      node: nodes,
      input: inputs,
      output: outputs,
      initializer: spec.initializers ?? [],
      valueInfo: spec.valueInfo ?? [],
      ...spec.graph,
    },
    ...spec.model,
  };
  return Uint8Array.from(onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish());
}

/** An input or output; without dims its type is a float32 tensor of unknown rank. */
export function value(
  name: string,
  dims?: readonly (number | string | null)[],
  elemType: number = DataType.float32,
): Onnx.IValueInfoProto {
  const dim = dims?.map((d) => (typeof d === "number" ? { dimValue: d } : d === null ? {} : { dimParam: d }));
  return { name, type: { tensorType: { elemType, ...(dim ? { shape: { dim } } : {}) } } };
}

export function node(
  opType: string,
  input: string[],
  output: string[],
  attribute: Onnx.IAttributeProto[] = [],
  more: Onnx.INodeProto = {},
): Onnx.INodeProto {
  return { opType, input, output, attribute, ...more };
}

export const float = (name: string, f: number): Onnx.IAttributeProto => ({ name, type: 1, f });
export const int = (name: string, i: number): Onnx.IAttributeProto => ({ name, type: 2, i });
export const text = (name: string, s: string): Onnx.IAttributeProto => ({ name, type: 3, s: utf8(s) });
export const tensorAttr = (name: string, t: Onnx.ITensorProto): Onnx.IAttributeProto => ({
  name,
  type: 4,
  t,
});
export const floats = (name: string, list: number[]): Onnx.IAttributeProto => ({
  name,
  type: 6,
  floats: list,
});
export const ints = (name: string, list: number[]): Onnx.IAttributeProto => ({ name, type: 7, ints: list });

/** A float32 initializer in raw_data. */
export function weights(name: string, dims: number[], numbers?: number[]): Onnx.ITensorProto {
  const size = dims.reduce((a, b) => a * b, 1);
  const data = Float32Array.from(numbers ?? Array.from({ length: size }, (_, i) => i + 1));
  return { name, dims, dataType: DataType.float32, rawData: new Uint8Array(data.buffer) };
}

export function int64s(name: string, numbers: number[]): Onnx.ITensorProto {
  return { name, dims: [numbers.length], dataType: DataType.int64, int64Data: numbers };
}

export function utf8(s: string): Uint8Array {
  return new TextEncoder().encode(s);
}

/** A Gemm and a Relu, with names: the smallest model that has a sum. */
export function gemmModel(): Uint8Array {
  return buildModel({
    nodes: [
      node("Gemm", ["x", "w", "b"], ["h"], [float("alpha", 1)], { name: "layer1" }),
      node("Relu", ["h"], ["y"]),
    ],
    inputs: [value("x", ["N", 3])],
    outputs: [value("y", ["N", 2])],
    initializers: [weights("w", [3, 2]), weights("b", [2])],
  });
}

/** What a call throws, for tests of its text. */
export function thrown(call: () => unknown): Error & { code?: string } {
  try {
    call();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("nothing was thrown");
}

/** The folder of the shared measuring data, which is not part of the repository. */
export function sharedData(): string {
  return process.env["MPPLAN_SHARED"] ?? new URL("../../../../shared/data", import.meta.url).pathname;
}
