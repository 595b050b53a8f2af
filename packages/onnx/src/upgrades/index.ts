// The operators whose nodes do not always mean what the newest ONNX means by them, one line each, sorted.
import type { OpName } from "@mpplan/ir";
import { axesToInput } from "./axes-to-input.js";
import { batchNormalization } from "./batch-normalization.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { dft } from "./dft.js";
import { dropout } from "./dropout.js";
import { elementChoice } from "./element-choice.js";
import { gemm } from "./gemm.js";
import { gridSample } from "./grid-sample.js";
import { lpPool } from "./lp-pool.js";
import { maxPool } from "./max-pool.js";
import { pad } from "./pad.js";
import { resize, upsample } from "./resize.js";
import { roiAlign } from "./roi-align.js";
import { slice } from "./slice.js";
import { softmax } from "./softmax.js";
import type { Upgrade } from "./upgrade.js";

/** Operators that exist in files only: their upgrades turn them into others. */
type FileOnly = "Dropout" | "Upsample";

export const upgrades: Readonly<Partial<Record<OpName | FileOnly, Upgrade>>> = {
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  DFT: dft,
  DequantizeLinear: elementChoice("output_dtype"),
  Dropout: dropout,
  Gemm: gemm,
  GlobalLpPool: lpPool,
  GridSample: gridSample,
  LpPool: lpPool,
  MaxPool: maxPool,
  Pad: pad,
  QuantizeLinear: elementChoice("output_dtype", "precision"),
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
  Resize: resize,
  RoiAlign: roiAlign,
  Slice: slice,
  Softmax: softmax,
  Squeeze: axesToInput(13, { required: false }),
  Unsqueeze: axesToInput(13, { required: true }),
  Upsample: upsample,
};
