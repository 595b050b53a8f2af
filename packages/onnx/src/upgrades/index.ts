// The operators whose nodes do not always mean what the newest ONNX means by them, one line each, sorted.
import { attention } from "./attention.js";
import { axesToInput } from "./axes-to-input.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { causalConvWithState } from "./causal-conv-with-state.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { dropout } from "./dropout.js";
import { einsum } from "./einsum.js";
import { gemm } from "./gemm.js";
import { groupNormalization } from "./group-normalization.js";
import { maxPool } from "./max-pool.js";
import { microsoft } from "./microsoft/index.js";
import { oldBroadcast } from "./old-broadcast.js";
import { pRelu } from "./p-relu.js";
import { pad } from "./pad.js";
import { recurrent } from "./recurrent.js";
import { reshape } from "./reshape.js";
import { scan } from "./scan.js";
import { scatter } from "./scatter.js";
import { selu } from "./selu.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { split } from "./split.js";
import { swiglu } from "./swiglu.js";
import { tile } from "./tile.js";
import { topK } from "./top-k.js";
import type { Upgrade } from "./upgrade.js";
import type { OpName } from "@mpplan/ir";

/** Operators that exist in files only: their upgrades turn them into others. */
type FileOnly = "CausalConvWithState" | "Dropout" | "Scatter" | "SwiGLU";

export const upgrades: Readonly<Partial<Record<OpName | FileOnly | keyof typeof microsoft, Upgrade>>> = {
  ...microsoft,
  Add: oldBroadcast,
  And: oldBroadcast,
  Attention: attention,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CausalConvWithState: causalConvWithState,
  Clip: clip,
  Concat: concat,
  Div: oldBroadcast,
  Dropout: dropout,
  Einsum: einsum,
  Equal: oldBroadcast,
  GRU: recurrent,
  Gemm: gemm,
  Greater: oldBroadcast,
  GroupNormalization: groupNormalization,
  Hardmax: softmax,
  LSTM: recurrent,
  Less: oldBroadcast,
  LogSoftmax: softmax,
  MaxPool: maxPool,
  Mul: oldBroadcast,
  Or: oldBroadcast,
  PRelu: pRelu,
  Pad: pad,
  Pow: oldBroadcast,
  RNN: recurrent,
  ReduceL1: axesToInput(18, { required: false }),
  ReduceL2: axesToInput(18, { required: false }),
  ReduceLogSum: axesToInput(18, { required: false }),
  ReduceLogSumExp: axesToInput(18, { required: false }),
  ReduceMax: axesToInput(18, { required: false }),
  ReduceMean: axesToInput(18, { required: false }),
  ReduceMin: axesToInput(18, { required: false }),
  ReduceProd: axesToInput(18, { required: false }),
  ReduceSum: axesToInput(13, { required: false }),
  ReduceSumSquare: axesToInput(18, { required: false }),
  Reshape: reshape,
  Scan: scan,
  Scatter: scatter,
  Selu: selu,
  Slice: slice,
  Softmax: softmax,
  Split: split,
  Squeeze: axesToInput(13, { required: false }),
  Sub: oldBroadcast,
  SwiGLU: swiglu,
  Tile: tile,
  TopK: topK,
  Unsqueeze: axesToInput(13, { required: true }),
  Xor: oldBroadcast,
};
