// The reference kernels of all operators without a planned sum, one line each, sorted.
import { add, div, mul, pow, sub } from "./arithmetic.js";
import { averagePool } from "./average-pool.js";
import {
  and,
  bitShift,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  max,
  mean,
  min,
  mod,
  or,
  pRelu,
  sum,
  where,
  xor,
} from "./binary.js";
import { argMax, argMin } from "./arg.js";
import { batchNormalization } from "./batch-normalization.js";
import { bitCast } from "./bit-cast.js";
import { cast, castLike } from "./cast.js";
import { centerCropPad } from "./center-crop-pad.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { cumProd, cumSum } from "./cumulative.js";
import { depthToSpace, spaceToDepth } from "./depth-space.js";
import { eyeLike, trilu } from "./diagonals.js";
import { gatherElements, gatherND } from "./gather-elements.js";
import { gather } from "./gather.js";
import { constantOfShape, expand, range, size, tile } from "./generate.js";
import { globalAveragePool } from "./global-average-pool.js";
import { ifKernel } from "./if.js";
import { maxPool } from "./max-pool.js";
import { oneHot } from "./one-hot.js";
import { pad } from "./pad.js";
import { compress, nonZero, unique } from "./pick.js";
import {
  reduceL1,
  reduceL2,
  reduceLogSum,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
} from "./reduce.js";
import { identity, flatten, reshape, squeeze, unsqueeze } from "./reshape.js";
import { reverseSequence } from "./reverse-sequence.js";
import { roundTo } from "./round-to.js";
import { scatterElements, scatterND, tensorScatter } from "./scatter.js";
import { shape } from "./shape.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { split, splitToSequence } from "./split.js";
import { topK } from "./top-k.js";
import { transpose } from "./transpose.js";
import {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  bitwiseNot,
  ceil,
  celu,
  cos,
  cosh,
  elu,
  erf,
  exp,
  floor,
  gelu,
  hardSigmoid,
  hardSwish,
  isInf,
  isNaN,
  leakyRelu,
  log,
  mish,
  neg,
  not,
  reciprocal,
  relu,
  round,
  selu,
  shrink,
  sigmoid,
  sign,
  sin,
  sinh,
  softplus,
  softsign,
  sqrt,
  swish,
  tan,
  tanh,
  thresholdedRelu,
} from "./unary.js";
import type { OpName, SumOpName } from "@mpplan/ir";
import type { ReferenceKernel, ValueKernel } from "../kernel.js";

export const kernels = {
  Abs: abs,
  Acos: acos,
  Acosh: acosh,
  Add: add,
  And: and,
  ArgMax: argMax,
  ArgMin: argMin,
  Asin: asin,
  Asinh: asinh,
  Atan: atan,
  Atanh: atanh,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  BitCast: bitCast,
  BitShift: bitShift,
  BitwiseAnd: bitwiseAnd,
  BitwiseNot: bitwiseNot,
  BitwiseOr: bitwiseOr,
  BitwiseXor: bitwiseXor,
  Cast: cast,
  CastLike: castLike,
  Ceil: ceil,
  Celu: celu,
  CenterCropPad: centerCropPad,
  Clip: clip,
  Compress: compress,
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Cos: cos,
  Cosh: cosh,
  CumProd: cumProd,
  CumSum: cumSum,
  DepthToSpace: depthToSpace,
  Div: div,
  Elu: elu,
  Equal: equal,
  Erf: erf,
  Exp: exp,
  Expand: expand,
  EyeLike: eyeLike,
  Flatten: flatten,
  Floor: floor,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Gelu: gelu,
  GlobalAveragePool: globalAveragePool,
  Greater: greater,
  GreaterOrEqual: greaterOrEqual,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Identity: identity,
  If: ifKernel,
  IsInf: isInf,
  IsNaN: isNaN,
  LeakyRelu: leakyRelu,
  Less: less,
  LessOrEqual: lessOrEqual,
  Log: log,
  Max: max,
  MaxPool: maxPool,
  Mean: mean,
  Min: min,
  Mish: mish,
  Mod: mod,
  Mul: mul,
  Neg: neg,
  NonZero: nonZero,
  Not: not,
  OneHot: oneHot,
  Or: or,
  PRelu: pRelu,
  Pad: pad,
  Pow: pow,
  Range: range,
  Reciprocal: reciprocal,
  ReduceL1: reduceL1,
  ReduceL2: reduceL2,
  ReduceLogSum: reduceLogSum,
  ReduceLogSumExp: reduceLogSumExp,
  ReduceMax: reduceMax,
  ReduceMean: reduceMean,
  ReduceMin: reduceMin,
  ReduceProd: reduceProd,
  ReduceSum: reduceSum,
  ReduceSumSquare: reduceSumSquare,
  Relu: relu,
  Reshape: reshape,
  ReverseSequence: reverseSequence,
  Round: round,
  RoundTo: roundTo,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Selu: selu,
  Shape: shape,
  Shrink: shrink,
  Sigmoid: sigmoid,
  Sign: sign,
  Sin: sin,
  Sinh: sinh,
  Size: size,
  Slice: slice,
  Softmax: softmax,
  Softplus: softplus,
  Softsign: softsign,
  SpaceToDepth: spaceToDepth,
  Split: split,
  SplitToSequence: splitToSequence,
  Sqrt: sqrt,
  Squeeze: squeeze,
  Sub: sub,
  Sum: sum,
  Swish: swish,
  Tan: tan,
  Tanh: tanh,
  TensorScatter: tensorScatter,
  ThresholdedRelu: thresholdedRelu,
  Tile: tile,
  TopK: topK,
  Transpose: transpose,
  Trilu: trilu,
  Unique: unique,
  Unsqueeze: unsqueeze,
  Where: where,
  Xor: xor,
} satisfies Record<Exclude<OpName, SumOpName>, ReferenceKernel | ValueKernel>;

/** False for the operators that read or yield sequences and the like, or run graphs of their own. */
export function takesTensorsOnly(op: OpName): boolean {
  return !Object.hasOwn(kernels, op) || typeof kernels[op as keyof typeof kernels] === "function";
}
