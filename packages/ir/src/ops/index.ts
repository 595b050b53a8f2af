// The catalogue of operators, one line each, sorted. What is missing or misnamed does not compile.
import { argMax, argMin } from "./arg.js";
import { add, div, mul, pow, sub } from "./arithmetic.js";
import { attention, flexAttention } from "./attention.js";
import { averagePool } from "./average-pool.js";
import { batchNormalization } from "./batch-normalization.js";
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
import { bitCast } from "./bit-cast.js";
import { cast, castLike } from "./cast.js";
import { centerCropPad } from "./center-crop-pad.js";
import { clip } from "./clip.js";
import { col2Im } from "./col2im.js";
import { concat } from "./concat.js";
import { convTranspose } from "./conv-transpose.js";
import { conv } from "./conv.js";
import { cumProd, cumSum } from "./cumulative.js";
import type { OpDefinition } from "./define.js";
import { deformConv } from "./deform-conv.js";
import { depthToSpace, spaceToDepth } from "./depth-space.js";
import { det } from "./det.js";
import { eyeLike, trilu } from "./diagonals.js";
import { einsum } from "./einsum.js";
import { flatten } from "./flatten.js";
import { gatherElements, gatherND } from "./gather-elements.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { constantOfShape, expand, range, size, tile } from "./generate.js";
import { globalAveragePool, globalLpPool, globalMaxPool } from "./global-pool.js";
import { affineGrid, gridSample } from "./grid.js";
import { ifOp } from "./if.js";
import { convInteger, matMulInteger, qLinearConv, qLinearMatMul } from "./integer-products.js";
import { layerNormalization, rmsNormalization } from "./layer-normalization.js";
import { linearAttention } from "./linear-attention.js";
import { negativeLogLikelihoodLoss, softmaxCrossEntropyLoss } from "./loss.js";
import { lpPool } from "./lp-pool.js";
import { matMul } from "./mat-mul.js";
import { maxPool } from "./max-pool.js";
import { maxUnpool } from "./max-unpool.js";
import { binarizer, labelEncoder, treeEnsemble } from "./ml.js";
import type { OpName } from "./names.js";
import { nonMaxSuppression } from "./non-max-suppression.js";
import {
  groupNormalization,
  instanceNormalization,
  lpNormalization,
  lrn,
  meanVarianceNormalization,
} from "./normalization.js";
import { oneHot } from "./one-hot.js";
import { optional, optionalGetElement, optionalHasElement } from "./optional.js";
import { pad } from "./pad.js";
import { compress, nonZero, unique } from "./pick.js";
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from "./quantize.js";
import {
  bernoulli,
  multinomial,
  randomNormal,
  randomNormalLike,
  randomUniform,
  randomUniformLike,
} from "./random.js";
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
import { loop, scan, sequenceMap } from "./repeat.js";
import { reshape } from "./reshape.js";
import { resize } from "./resize.js";
import { reverseSequence } from "./reverse-sequence.js";
import { maxRoiPool, roiAlign } from "./roi.js";
import { rotaryEmbedding } from "./rotary-embedding.js";
import { roundTo } from "./round-to.js";
import { scatterElements, scatterND, tensorScatter } from "./scatter.js";
import {
  concatFromSequence,
  sequenceAt,
  sequenceConstruct,
  sequenceEmpty,
  sequenceErase,
  sequenceInsert,
  sequenceLength,
} from "./sequences.js";
import { shape } from "./shape.js";
import { blackmanWindow, dft, hammingWindow, hannWindow, melWeightMatrix, stft } from "./signal.js";
import { slice } from "./slice.js";
import { hardmax, logSoftmax, softmax } from "./softmax.js";
import { split, splitToSequence } from "./split.js";
import { squeeze } from "./squeeze.js";
import { regexFullMatch, stringConcat, stringNormalizer, stringSplit } from "./strings.js";
import { tfIdfVectorizer } from "./tf-idf-vectorizer.js";
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

export type { ScatterReduction } from "./scatter.js";
export { blockWindow } from "./col2im.js";
export { cropTargets } from "./center-crop-pad.js";
export { dropsAxis, sequenceSizes, splitSizes } from "./split.js";
export { encodingOf, treeAggregates, treeTransforms } from "./ml.js";
export { frameLength, signalAxis, transformLength } from "./signal.js";
export { fullMatch, localeOf } from "./strings.js";
export { isSingle } from "./quantize.js";
export { ngramsOf } from "./tf-idf-vectorizer.js";
export { perVector } from "./integer-products.js";
export { resizedAxes, type AxisResize } from "./resize.js";
export { scanAxis, scanStates, type ScanAxis } from "./repeat.js";
export { transposedWindow, unpooledSizes } from "./transposed-window.js";
export { attentionScale, attentionSizes, attentionStages, type AttentionSizes } from "./attention.js";
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
  "ai.onnx.ml.Binarizer": binarizer,
  "ai.onnx.ml.LabelEncoder": labelEncoder,
  "ai.onnx.ml.TreeEnsemble": treeEnsemble,
  "ai.onnx.preview.FlexAttention": flexAttention,
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
  Attention: attention,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Bernoulli: bernoulli,
  BitCast: bitCast,
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
  CenterCropPad: centerCropPad,
  Clip: clip,
  Col2Im: col2Im,
  Compress: compress,
  Concat: concat,
  ConcatFromSequence: concatFromSequence,
  ConstantOfShape: constantOfShape,
  Conv: conv,
  ConvInteger: convInteger,
  ConvTranspose: convTranspose,
  Cos: cos,
  Cosh: cosh,
  CumProd: cumProd,
  CumSum: cumSum,
  DFT: dft,
  DeformConv: deformConv,
  DepthToSpace: depthToSpace,
  DequantizeLinear: dequantizeLinear,
  Det: det,
  Div: div,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  Einsum: einsum,
  Elu: elu,
  Equal: equal,
  Erf: erf,
  Exp: exp,
  Expand: expand,
  EyeLike: eyeLike,
  Flatten: flatten,
  Floor: floor,
  GRU: gru,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  Gelu: gelu,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: globalMaxPool,
  Greater: greater,
  GreaterOrEqual: greaterOrEqual,
  GridSample: gridSample,
  GroupNormalization: groupNormalization,
  HammingWindow: hammingWindow,
  HannWindow: hannWindow,
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
  Loop: loop,
  LpNormalization: lpNormalization,
  LpPool: lpPool,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  Max: max,
  MaxPool: maxPool,
  MaxRoiPool: maxRoiPool,
  MaxUnpool: maxUnpool,
  Mean: mean,
  MeanVarianceNormalization: meanVarianceNormalization,
  MelWeightMatrix: melWeightMatrix,
  Min: min,
  Mish: mish,
  Mod: mod,
  Mul: mul,
  Multinomial: multinomial,
  Neg: neg,
  NegativeLogLikelihoodLoss: negativeLogLikelihoodLoss,
  NonMaxSuppression: nonMaxSuppression,
  NonZero: nonZero,
  Not: not,
  OneHot: oneHot,
  Optional: optional,
  OptionalGetElement: optionalGetElement,
  OptionalHasElement: optionalHasElement,
  Or: or,
  PRelu: pRelu,
  Pad: pad,
  Pow: pow,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
  RMSNormalization: rmsNormalization,
  RNN: rnn,
  RandomNormal: randomNormal,
  RandomNormalLike: randomNormalLike,
  RandomUniform: randomUniform,
  RandomUniformLike: randomUniformLike,
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
  RegexFullMatch: regexFullMatch,
  Relu: relu,
  Reshape: reshape,
  Resize: resize,
  ReverseSequence: reverseSequence,
  RoiAlign: roiAlign,
  RotaryEmbedding: rotaryEmbedding,
  Round: round,
  RoundTo: roundTo,
  STFT: stft,
  Scan: scan,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Selu: selu,
  SequenceAt: sequenceAt,
  SequenceConstruct: sequenceConstruct,
  SequenceEmpty: sequenceEmpty,
  SequenceErase: sequenceErase,
  SequenceInsert: sequenceInsert,
  SequenceLength: sequenceLength,
  SequenceMap: sequenceMap,
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
  SpaceToDepth: spaceToDepth,
  Split: split,
  SplitToSequence: splitToSequence,
  Sqrt: sqrt,
  Squeeze: squeeze,
  StringConcat: stringConcat,
  StringNormalizer: stringNormalizer,
  StringSplit: stringSplit,
  Sub: sub,
  Sum: sum,
  Swish: swish,
  Tan: tan,
  Tanh: tanh,
  TensorScatter: tensorScatter,
  TfIdfVectorizer: tfIdfVectorizer,
  ThresholdedRelu: thresholdedRelu,
  Tile: tile,
  TopK: topK,
  Transpose: transpose,
  Trilu: trilu,
  Unique: unique,
  Unsqueeze: unsqueeze,
  Where: where,
  Xor: xor,
} satisfies { readonly [Name in OpName]: OpDefinition<Name> };
