// The catalogue of operators, one line each, sorted. What is missing or misnamed does not compile.
import { averagePool } from "./average-pool.js";
import { add, div, mul, pow, sub } from "./arithmetic.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast, castLike } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { conv } from "./conv.js";
import { flatten } from "./flatten.js";
import { gather } from "./gather.js";
import { gemm } from "./gemm.js";
import { globalAveragePool } from "./global-average-pool.js";
import { ifOp } from "./if.js";
import { matMul } from "./mat-mul.js";
import { maxPool } from "./max-pool.js";
import { pad } from "./pad.js";
import { reduceMean } from "./reduce-mean.js";
import { reshape } from "./reshape.js";
import { roundTo } from "./round-to.js";
import { shape } from "./shape.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { squeeze } from "./squeeze.js";
import { transpose } from "./transpose.js";
import { exp, identityOp, leakyReluOp, neg, relu, sigmoid, sqrt, tanh } from "./unary.js";
import { unsqueeze } from "./unsqueeze.js";
import type { OpDefinition } from "./define.js";
import type { OpName } from "./names.js";

export { broadcastShapes, normalizeAxes, normalizeAxis } from "./dims.js";
export { checkedType, maxElements } from "./limits.js";
export { mode as padMode, padAmounts, type PadMode } from "./pad.js";
export { reducedAxes } from "./reduce-mean.js";
export { shapeRange } from "./shape.js";
export { resolveSlices, type SliceRange } from "./slice.js";
export { axisOrder } from "./transpose.js";
export { resolveWindow, type SlidingWindow } from "./window.js";
export type { OpName, SumOpName } from "./names.js";

export const ops = {
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CastLike: castLike,
  Clip: clip,
  Concat: concat,
  Conv: conv,
  Div: div,
  Exp: exp,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Identity: identityOp,
  If: ifOp,
  LeakyRelu: leakyReluOp,
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
} satisfies { readonly [Name in OpName]: OpDefinition<Name> };
