// The operators whose nodes do not always mean what the newest ONNX means by them, one line each, sorted.
import type { OpName } from "@mpplan/ir";
import { axesToInput } from "./axes-to-input.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { dropout } from "./dropout.js";
import { gemm } from "./gemm.js";
import { maxPool } from "./max-pool.js";
import { oldBroadcast } from "./old-broadcast.js";
import { pRelu } from "./p-relu.js";
import { pad } from "./pad.js";
import { reshape } from "./reshape.js";
import { scan } from "./scan.js";
import { scatter } from "./scatter.js";
import { selu } from "./selu.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import { split } from "./split.js";
import { tile } from "./tile.js";
import { topK } from "./top-k.js";
import type { Upgrade } from "./upgrade.js";

/** Operators that exist in files only: their upgrades turn them into others. */
type FileOnly = "Dropout" | "Scatter";

export const upgrades: Readonly<Partial<Record<OpName | FileOnly, Upgrade>>> = {
  Add: oldBroadcast,
  And: oldBroadcast,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Div: oldBroadcast,
  Dropout: dropout,
  Equal: oldBroadcast,
  Gemm: gemm,
  Greater: oldBroadcast,
  Less: oldBroadcast,
  MaxPool: maxPool,
  Mul: oldBroadcast,
  Or: oldBroadcast,
  PRelu: pRelu,
  Pad: pad,
  Pow: oldBroadcast,
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
  Tile: tile,
  TopK: topK,
  Unsqueeze: axesToInput(13, { required: true }),
  Xor: oldBroadcast,
};
