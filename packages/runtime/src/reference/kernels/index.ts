// The reference kernels of all operators without a planned sum, one line each, sorted.
import { add, div, mul, pow, sub } from "./arithmetic.js";
import { averagePool } from "./average-pool.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { gather } from "./gather.js";
import { globalAveragePool } from "./global-average-pool.js";
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
import type { ReferenceKernel } from "../kernel.js";

export const kernels = {
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Div: div,
  Exp: exp,
  Flatten: flatten,
  Gather: gather,
  GlobalAveragePool: globalAveragePool,
  Identity: identity,
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
} satisfies Record<Exclude<OpName, SumOpName>, ReferenceKernel>;
