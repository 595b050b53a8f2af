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
import { batchNormalization } from "./batch-normalization.js";
import { cast, castLike } from "./cast.js";
import { clip } from "./clip.js";
import { col2Im } from "./col2im.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { convTranspose } from "./conv-transpose.js";
import { deformConv } from "./deform-conv.js";
import { flatten } from "./flatten.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { constantOfShape, expand, range, size, tile } from "./generate.js";
import { globalAveragePool, globalLpPool, globalMaxPool } from "./global-pool.js";
import { affineGrid, gridSample } from "./grid.js";
import { ifOp } from "./if.js";
import { convInteger, matMulInteger, qLinearConv, qLinearMatMul } from "./integer-products.js";
import { lpPool } from "./lp-pool.js";
import { matMul } from "./mat-mul.js";
import { maxPool } from "./max-pool.js";
import { maxUnpool } from "./max-unpool.js";
import { nonMaxSuppression } from "./non-max-suppression.js";
import { pad } from "./pad.js";
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from "./quantize.js";
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
import { resize } from "./resize.js";
import { maxRoiPool, roiAlign } from "./roi.js";
import { roundTo } from "./round-to.js";
import { shape } from "./shape.js";
import { blackmanWindow, dft, hammingWindow, hannWindow, melWeightMatrix, stft } from "./signal.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
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

export { blockWindow } from "./col2im.js";
export { broadcastShapes, normalizeAxes, normalizeAxis } from "./dims.js";
export { checkedType, maxElements } from "./limits.js";
export { perVector } from "./integer-products.js";
export { isSingle } from "./quantize.js";
export { mode as padMode, padAmounts, type PadMode } from "./pad.js";
export { reducedAxes } from "./families.js";
export { shapeRange } from "./shape.js";
export { resizedAxes, type AxisResize } from "./resize.js";
export { frameLength, signalAxis, transformLength } from "./signal.js";
export { resolveSlices, type SliceRange } from "./slice.js";
export { axisOrder } from "./transpose.js";
export { transposedWindow, unpooledSizes } from "./transposed-window.js";
export { resolveWindow, type SlidingWindow } from "./window.js";
export type { OpName, SumOpName } from "./names.js";

export const ops = {
  Abs: abs,
  Acos: acos,
  Acosh: acosh,
  Add: add,
  AffineGrid: affineGrid,
  And: and,
  ArgMax: argMax,
  ArgMin: argMin,
  Asin: asin,
  Asinh: asinh,
  Atan: atan,
  Atanh: atanh,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  BitShift: bitShift,
  BitwiseAnd: bitwiseAnd,
  BitwiseNot: bitwiseNot,
  BitwiseOr: bitwiseOr,
  BitwiseXor: bitwiseXor,
  BlackmanWindow: blackmanWindow,
  Cast: cast,
  CastLike: castLike,
  Ceil: ceil,
  Celu: celu,
  Clip: clip,
  Col2Im: col2Im,
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Conv: conv,
  ConvInteger: convInteger,
  ConvTranspose: convTranspose,
  Cos: cos,
  Cosh: cosh,
  DFT: dft,
  DeformConv: deformConv,
  DequantizeLinear: dequantizeLinear,
  Div: div,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  Elu: elu,
  Equal: equal,
  Erf: erf,
  Exp: exp,
  Expand: expand,
  Flatten: flatten,
  Floor: floor,
  Gather: gather,
  Gelu: gelu,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: globalMaxPool,
  Greater: greater,
  GreaterOrEqual: greaterOrEqual,
  GridSample: gridSample,
  HammingWindow: hammingWindow,
  HannWindow: hannWindow,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Identity: identityOp,
  If: ifOp,
  IsInf: isInf,
  IsNaN: isNaN,
  LeakyRelu: leakyReluOp,
  Less: less,
  LessOrEqual: lessOrEqual,
  Log: log,
  LpPool: lpPool,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  Max: max,
  MaxPool: maxPool,
  MaxRoiPool: maxRoiPool,
  MaxUnpool: maxUnpool,
  Mean: mean,
  MelWeightMatrix: melWeightMatrix,
  Min: min,
  Mish: mish,
  Mod: mod,
  Mul: mul,
  Neg: neg,
  NonMaxSuppression: nonMaxSuppression,
  Not: not,
  Or: or,
  PRelu: pRelu,
  Pad: pad,
  Pow: pow,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
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
  Resize: resize,
  RoiAlign: roiAlign,
  Round: round,
  RoundTo: roundTo,
  STFT: stft,
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
} satisfies { readonly [Name in OpName]: OpDefinition<Name> };
