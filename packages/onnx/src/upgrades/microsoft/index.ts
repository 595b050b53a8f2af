// The operators of com.microsoft that exports carry, one line each, sorted: all are said in operators of ONNX's own.
import type { Upgrade } from "../upgrade.js";
import { fusedConv } from "./fused-conv.js";
import { fusedMatMul } from "./fused-mat-mul.js";
import { biasGelu, fastGelu, gelu, quickGelu } from "./gelu.js";
import {
  layerNormalization,
  simplifiedLayerNormalization,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
} from "./layer-normalization.js";
import { matMulNBits } from "./mat-mul-n-bits.js";
import { rotaryEmbedding } from "./rotary-embedding.js";

export const microsoft = {
  // Some exporters leave the domain of this one out.
  SimplifiedLayerNormalization: simplifiedLayerNormalization,
  "com.microsoft.BiasGelu": biasGelu,
  "com.microsoft.FastGelu": fastGelu,
  "com.microsoft.FusedConv": fusedConv,
  "com.microsoft.FusedMatMul": fusedMatMul,
  "com.microsoft.Gelu": gelu,
  "com.microsoft.LayerNormalization": layerNormalization,
  "com.microsoft.MatMulNBits": matMulNBits,
  "com.microsoft.QuickGelu": quickGelu,
  "com.microsoft.RotaryEmbedding": rotaryEmbedding,
  "com.microsoft.SimplifiedLayerNormalization": simplifiedLayerNormalization,
  "com.microsoft.SkipLayerNormalization": skipLayerNormalization,
  "com.microsoft.SkipSimplifiedLayerNormalization": skipSimplifiedLayerNormalization,
  "com.microsoft.TransposeMatMul": fusedMatMul,
} satisfies Readonly<Record<string, Upgrade>>;
