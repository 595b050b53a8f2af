// The catalogue of operators, one line each, sorted. What is missing or misnamed does not compile.
import { averagePool } from "./average-pool.js";
import { add, div, mul, pow, sub } from "./arithmetic.js";
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
import { attention, flexAttention } from "./attention.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast, castLike } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { det } from "./det.js";
import { einsum } from "./einsum.js";
import { flatten } from "./flatten.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { constantOfShape, expand, range, size, tile } from "./generate.js";
import { globalAveragePool } from "./global-average-pool.js";
import { ifOp } from "./if.js";
import { layerNormalization, rmsNormalization } from "./layer-normalization.js";
import { linearAttention } from "./linear-attention.js";
import { negativeLogLikelihoodLoss, softmaxCrossEntropyLoss } from "./loss.js";
import { matMul } from "./mat-mul.js";
import { maxPool } from "./max-pool.js";
import {
  groupNormalization,
  instanceNormalization,
  lpNormalization,
  lrn,
  meanVarianceNormalization,
} from "./normalization.js";
import { pad } from "./pad.js";
import { gru, lstm, rnn } from "./recurrent.js";
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
import { reshape } from "./reshape.js";
import { rotaryEmbedding } from "./rotary-embedding.js";
import { roundTo } from "./round-to.js";
import { shape } from "./shape.js";
import { slice } from "./slice.js";
import { hardmax, logSoftmax, softmax } from "./softmax.js";
import { squeeze } from "./squeeze.js";
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
  identityOp,
  isInf,
  isNaN,
  leakyReluOp,
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
import { unsqueeze } from "./unsqueeze.js";
import type { OpDefinition } from "./define.js";
import type { OpName } from "./names.js";

export { attentionSizes, attentionStages, type AttentionSizes } from "./attention.js";
export { einsumLabels, type EinsumLabels } from "./einsum.js";
export { recurrentFunctions, type RecurrentFunction } from "./recurrent.js";
export { rotarySizes } from "./rotary-embedding.js";
export { broadcastShapes, normalizeAxes, normalizeAxis } from "./dims.js";
export { checkedType, maxElements } from "./limits.js";
export { mode as padMode, padAmounts, type PadMode } from "./pad.js";
export { reducedAxes } from "./families.js";
export { shapeRange } from "./shape.js";
export { resolveSlices, type SliceRange } from "./slice.js";
export { axisOrder } from "./transpose.js";
export { resolveWindow, type SlidingWindow } from "./window.js";
export type { OpName, SumOpName } from "./names.js";

export const ops = {
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
  Attention: attention,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  BitShift: bitShift,
  BitwiseAnd: bitwiseAnd,
  BitwiseNot: bitwiseNot,
  BitwiseOr: bitwiseOr,
  BitwiseXor: bitwiseXor,
  Cast: cast,
  CastLike: castLike,
  Ceil: ceil,
  Celu: celu,
  Clip: clip,
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Conv: conv,
  Cos: cos,
  Cosh: cosh,
  Det: det,
  Div: div,
  Einsum: einsum,
  Elu: elu,
  Equal: equal,
  Erf: erf,
  Exp: exp,
  Expand: expand,
  Flatten: flatten,
  Floor: floor,
  GRU: gru,
  Gather: gather,
  Gelu: gelu,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Greater: greater,
  GreaterOrEqual: greaterOrEqual,
  GroupNormalization: groupNormalization,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Hardmax: hardmax,
  Identity: identityOp,
  If: ifOp,
  InstanceNormalization: instanceNormalization,
  IsInf: isInf,
  IsNaN: isNaN,
  LRN: lrn,
  LSTM: lstm,
  LayerNormalization: layerNormalization,
  LeakyRelu: leakyReluOp,
  Less: less,
  LessOrEqual: lessOrEqual,
  LinearAttention: linearAttention,
  Log: log,
  LogSoftmax: logSoftmax,
  LpNormalization: lpNormalization,
  MatMul: matMul,
  Max: max,
  MaxPool: maxPool,
  Mean: mean,
  MeanVarianceNormalization: meanVarianceNormalization,
  Min: min,
  Mish: mish,
  Mod: mod,
  Mul: mul,
  Neg: neg,
  NegativeLogLikelihoodLoss: negativeLogLikelihoodLoss,
  Not: not,
  Or: or,
  PRelu: pRelu,
  Pad: pad,
  Pow: pow,
  RMSNormalization: rmsNormalization,
  RNN: rnn,
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
  RotaryEmbedding: rotaryEmbedding,
  Round: round,
  RoundTo: roundTo,
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
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLoss,
  Softplus: softplus,
  Softsign: softsign,
  Sqrt: sqrt,
  Squeeze: squeeze,
  Sub: sub,
  Sum: sum,
  Swish: swish,
  Tan: tan,
  Tanh: tanh,
  ThresholdedRelu: thresholdedRelu,
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: where,
  Xor: xor,
  "ai.onnx.preview.FlexAttention": flexAttention,
} satisfies { readonly [Name in OpName]: OpDefinition<Name> };
