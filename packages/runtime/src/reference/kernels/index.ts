// The reference kernels of all operators without a planned sum, one line each, sorted.
import { add, div, mul, pow, sub } from "./arithmetic.js";
import { averagePool } from "./average-pool.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast, castLike } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { gather } from "./gather.js";
import { globalAveragePool } from "./global-average-pool.js";
import { ifKernel } from "./if.js";
import { maxPool } from "./max-pool.js";
import { pad } from "./pad.js";
import { reduceMean } from "./reduce-mean.js";
import { identity, flatten, reshape, squeeze, unsqueeze } from "./reshape.js";
import { roundTo } from "./round-to.js";
import { shape } from "./shape.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { transpose } from "./transpose.js";
import { exp, leakyRelu, neg, relu, sigmoid, sqrt, tanh } from "./unary.js";
import type { OpName, SumOpName } from "@mpplan/ir";
import type { ReferenceKernel, ValueKernel } from "../kernel.js";

export const kernels = {
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CastLike: castLike,
  Clip: clip,
  Concat: concat,
  Div: div,
  Exp: exp,
  Flatten: flatten,
  Gather: gather,
  GlobalAveragePool: globalAveragePool,
  Identity: identity,
  If: ifKernel,
  LeakyRelu: leakyRelu,
  MaxPool: maxPool,
  Mul: mul,
  Neg: neg,
  Pad: pad,
  Pow: pow,
  ReduceMean: reduceMean,
  Relu: relu,
  Reshape: reshape,
  RoundTo: roundTo,
  Shape: shape,
  Sigmoid: sigmoid,
  Slice: slice,
  Softmax: softmax,
  Sqrt: sqrt,
  Squeeze: squeeze,
  Sub: sub,
  Tanh: tanh,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
} satisfies Record<Exclude<OpName, SumOpName>, ReferenceKernel | ValueKernel>;

/** False for the operators that read or yield sequences and the like, or run graphs of their own. */
export function takesTensorsOnly(op: OpName): boolean {
  return !Object.hasOwn(kernels, op) || typeof kernels[op as keyof typeof kernels] === "function";
}
