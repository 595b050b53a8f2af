// The operators whose nodes do not always mean what the newest ONNX means by them, one line each, sorted.
import type { OpName } from "@mpplan/ir";
import { attention } from "./attention.js";
import { axesToInput } from "./axes-to-input.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { causalConvWithState } from "./causal-conv-with-state.js";
import { clip } from "./clip.js";
import { dropout } from "./dropout.js";
import { einsum } from "./einsum.js";
import { gemm } from "./gemm.js";
import { groupNormalization } from "./group-normalization.js";
import { maxPool } from "./max-pool.js";
import { microsoft } from "./microsoft/index.js";
import { pad } from "./pad.js";
import { recurrent } from "./recurrent.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { swiglu } from "./swiglu.js";
import type { Upgrade } from "./upgrade.js";

/** Operators that exist in files only: their upgrades turn them into others. */
type FileOnly = "CausalConvWithState" | "Dropout" | "SwiGLU";

export const upgrades: Readonly<Partial<Record<OpName | FileOnly | keyof typeof microsoft, Upgrade>>> = {
  ...microsoft,
  Attention: attention,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CausalConvWithState: causalConvWithState,
  Clip: clip,
  Dropout: dropout,
  Gemm: gemm,
  Einsum: einsum,
  GRU: recurrent,
  GroupNormalization: groupNormalization,
  Hardmax: softmax,
  LSTM: recurrent,
  LogSoftmax: softmax,
  MaxPool: maxPool,
  Pad: pad,
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
  Slice: slice,
  Softmax: softmax,
  Squeeze: axesToInput(13, { required: false }),
  SwiGLU: swiglu,
  Unsqueeze: axesToInput(13, { required: true }),
};
