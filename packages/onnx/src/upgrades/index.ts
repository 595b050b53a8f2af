// The operators whose nodes do not always mean what the newest ONNX means by them, one line each, sorted.
import { axesToInput } from "./axes-to-input.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { causalConvWithState } from "./causal-conv-with-state.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { dft } from "./dft.js";
import { dropout } from "./dropout.js";
import { einsum } from "./einsum.js";
import { elementChoice } from "./element-choice.js";
import { gemm } from "./gemm.js";
import { gridSample } from "./grid-sample.js";
import { groupNormalization } from "./group-normalization.js";
import { lpPool } from "./lp-pool.js";
import { maxPool } from "./max-pool.js";
import { microsoft } from "./microsoft/index.js";
import { oldBroadcast } from "./old-broadcast.js";
import { pRelu } from "./p-relu.js";
import { pad } from "./pad.js";
import { recurrent } from "./recurrent.js";
import { reshape } from "./reshape.js";
import { resize, upsample } from "./resize.js";
import { roiAlign } from "./roi-align.js";
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
type FileOnly = "CausalConvWithState" | "Dropout" | "Scatter" | "SwiGLU" | "Upsample";

export const upgrades: Readonly<Partial<Record<OpName | FileOnly | keyof typeof microsoft, Upgrade>>> = {
  ...microsoft,
  Add: oldBroadcast,
  And: oldBroadcast,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CausalConvWithState: causalConvWithState,
  Clip: clip,
  Concat: concat,
  DFT: dft,
  DequantizeLinear: elementChoice("output_dtype"),
  Div: oldBroadcast,
  Dropout: dropout,
  Einsum: einsum,
  Equal: oldBroadcast,
  GRU: recurrent,
  Gemm: gemm,
  GlobalLpPool: lpPool,
  Greater: oldBroadcast,
  GridSample: gridSample,
  GroupNormalization: groupNormalization,
  Hardmax: softmax,
  LSTM: recurrent,
  Less: oldBroadcast,
  LogSoftmax: softmax,
  LpPool: lpPool,
  MaxPool: maxPool,
  Mul: oldBroadcast,
  Or: oldBroadcast,
  PRelu: pRelu,
  Pad: pad,
  Pow: oldBroadcast,
  QuantizeLinear: elementChoice("output_dtype", "precision"),
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
  Resize: resize,
  RoiAlign: roiAlign,
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
  Upsample: upsample,
  Xor: oldBroadcast,
};
