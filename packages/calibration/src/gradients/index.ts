// The gradient rules of the operators, one line each, sorted. An operator without one is probed, visibly.
import { add, div, mul, pow, sub } from "./arithmetic.js";
import { averagePool } from "./average-pool.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { gemm } from "./gemm.js";
import { globalAveragePool } from "./global-average-pool.js";
import { matMul } from "./mat-mul.js";
import { maxPool } from "./max-pool.js";
import { gather, pad, slice, transpose } from "./moves.js";
import { reduceMean } from "./reduce-mean.js";
import { flatten, identity, reshape, roundTo, squeeze, unsqueeze } from "./reshape.js";
import { softmax } from "./softmax.js";
import { exp, leakyRelu, neg, relu, sigmoid, sqrt, tanh } from "./unary.js";
import type { OpName } from "@mpplan/ir";
import type { GradientRule } from "./rule.js";

export type GradientRules = Readonly<Partial<Record<OpName, GradientRule | undefined>>>;

export const gradients = {
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Conv: conv,
  Div: div,
  Exp: exp,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Identity: identity,
  LeakyRelu: leakyRelu,
  MatMul: matMul,
  MaxPool: maxPool,
  Mul: mul,
  Neg: neg,
  Pad: pad,
  Pow: pow,
  ReduceMean: reduceMean,
  Relu: relu,
  Reshape: reshape,
  RoundTo: roundTo,
  Sigmoid: sigmoid,
  Slice: slice,
  Softmax: softmax,
  Sqrt: sqrt,
  Squeeze: squeeze,
  Sub: sub,
  Tanh: tanh,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
} satisfies GradientRules;
