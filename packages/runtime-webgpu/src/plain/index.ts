// The operators without sums that have shaders, one line each.
import { tensor, type OpName } from "@mpplan/ir";
import { GpuTensor } from "../tensor.js";
import type { Recorder } from "./define.js";
import { alphaBeta, alphaOnly, binary, clip, powFunction, unary } from "./elementwise.js";
import { cast, concat, gather, pad, sameElements, slice, transpose } from "./move.js";
import { averagePool, batchNormalization, globalAveragePool, maxPool, reduce, softmax } from "./rows.js";

const sigmoid = "select(1.0 / (1.0 + exp(-abs(v))), exp(-abs(v)) / (1.0 + exp(-abs(v))), v < 0.0)";

export const recorders = {
  Abs: unary("Abs", "abs(v)"),
  Add: binary("Add", "a + b"),
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Div: binary("Div", "a / b"),
  Exp: unary("Exp", "exp(v)"),
  Flatten: sameElements,
  Gather: gather,
  GlobalAveragePool: globalAveragePool,
  HardSigmoid: unary("HardSigmoid", "clamp(a * v + b, 0.0, 1.0)", alphaBeta),
  Identity: (inputs) => [inputs[0]!.shared(inputs[0]!.dims)],
  LeakyRelu: unary("LeakyRelu", "select(v, a * v, v < 0.0)", alphaOnly),
  MaxPool: maxPool,
  Mul: binary("Mul", "a * b"),
  Neg: unary("Neg", "-v"),
  Pad: pad,
  Pow: binary("Pow", "power(a, b)", powFunction),
  ReduceMax: reduce("ReduceMax", "max(s, v)"),
  ReduceMean: reduce("ReduceMean", "s + v", "s / n"),
  ReduceMin: reduce("ReduceMin", "min(s, v)"),
  ReduceSum: reduce("ReduceSum", "s + v"),
  Relu: unary("Relu", "select(0.0, v, v > 0.0 || is_nan)"),
  Reshape: sameElements,
  Sigmoid: unary("Sigmoid", sigmoid),
  Slice: slice,
  Softmax: softmax,
  Sqrt: unary("Sqrt", "sqrt(v)"),
  Squeeze: sameElements,
  Sub: binary("Sub", "a - b"),
  Tanh: unary("Tanh", "tanh(clamp(v, -20.0, 20.0))"),
  Transpose: transpose,
  Unsqueeze: sameElements,
} satisfies Partial<Record<OpName, Recorder>>;

/** Operators that need no number of their inputs. */
export const shapeOf: Recorder = ([x], node) => {
  const rank = x!.dims.length;
  const bound = (name: string, otherwise: number): number => {
    const at = (node.attrs[name] as number | undefined) ?? otherwise;
    return Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  };
  const dims = x!.dims.slice(bound("start", 0), bound("end", rank));
  return [GpuTensor.onHost(tensor("int64", [dims.length], BigInt64Array.from(dims, BigInt)))];
};
