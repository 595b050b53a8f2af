// The operators without sums that have shaders, one line each.
import { tensor, type OpName } from "@mpplan/ir";
import { GpuTensor } from "../tensor.js";
import type { Recorder } from "./define.js";
import {
  alphaBeta,
  alphaOnly,
  binary,
  clip,
  max,
  mean,
  min,
  powFunction,
  sum,
  unary,
  where,
} from "./elementwise.js";
import { cast, concat, expand, gather, pad, sameElements, slice, split, tile, transpose } from "./move.js";
import {
  averagePool,
  batchNormalization,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  reduce,
  softmax,
} from "./rows.js";
import { resize } from "./resize.js";
import { elu, erfOf, gelu, logistic, selu, softplus } from "./special.js";

export const recorders = {
  Abs: unary("Abs", "abs(v)"),
  Add: binary("Add", "a + b"),
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Ceil: unary("Ceil", "ceil(v)"),
  Clip: clip,
  Concat: concat,
  Div: binary("Div", "a / b"),
  Elu: elu,
  Erf: erfOf,
  Exp: unary("Exp", "exp(v)"),
  Expand: expand,
  Flatten: sameElements,
  Floor: unary("Floor", "floor(v)"),
  Gather: gather,
  Gelu: gelu,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  HardSigmoid: unary("HardSigmoid", "clamp(a * v + b, 0.0, 1.0)", { factors: alphaBeta }),
  HardSwish: unary("HardSwish", "v * clamp(v / 6.0 + 0.5, 0.0, 1.0)"),
  Identity: (inputs) => [inputs[0]!.shared(inputs[0]!.dims)],
  LeakyRelu: unary("LeakyRelu", "select(v, a * v, v < 0.0)", { factors: alphaOnly }),
  Log: unary("Log", "log(v)"),
  Max: max,
  MaxPool: maxPool,
  Mean: mean,
  Min: min,
  Mul: binary("Mul", "a * b"),
  Neg: unary("Neg", "-v"),
  PRelu: binary("PRelu", "select(a, a * b, a < 0.0)"),
  Pad: pad,
  Pow: binary("Pow", "power(a, b)", powFunction),
  Reciprocal: unary("Reciprocal", "1.0 / v"),
  ReduceL1: reduce("ReduceL1", { step: "s + v", term: "abs(u)" }),
  ReduceL2: reduce("ReduceL2", { step: "s + v", end: "sqrt(s)", term: "u * u" }),
  ReduceMax: reduce("ReduceMax", { step: "larger(s, v)" }),
  ReduceMean: reduce("ReduceMean", { step: "s + v", end: "s / n" }),
  ReduceMin: reduce("ReduceMin", { step: "smaller(s, v)" }),
  ReduceSum: reduce("ReduceSum", { step: "s + v" }),
  ReduceSumSquare: reduce("ReduceSumSquare", { step: "s + v", term: "u * u" }),
  Relu: unary("Relu", "select(0.0, v, v > 0.0 || is_nan)"),
  Reshape: sameElements,
  Resize: resize,
  Round: unary("Round", "round(v)"),
  Selu: selu,
  Sigmoid: unary("Sigmoid", "logistic(v)", { functions: logistic }),
  Sign: unary("Sign", "select(sign(v), v, is_nan)"),
  Slice: slice,
  Softmax: softmax,
  Softplus: softplus,
  Softsign: unary("Softsign", "v / (1.0 + abs(v))"),
  Split: split,
  Sqrt: unary("Sqrt", "sqrt(v)"),
  Squeeze: sameElements,
  Sub: binary("Sub", "a - b"),
  Sum: sum,
  Swish: unary("Swish", "v * logistic(a * v)", { factors: alphaOnly, functions: logistic }),
  Tanh: unary("Tanh", "tanh(clamp(v, -20.0, 20.0))"),
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: sameElements,
  Where: where,
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
