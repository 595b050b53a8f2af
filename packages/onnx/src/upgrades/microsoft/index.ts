// The operators of com.microsoft that exports carry, one line each, sorted: all are said in operators of ONNX's own.
import type { Upgrade } from "../upgrade.js";
import { attention, qAttention } from "./attention.js";
import { embedLayerNormalization } from "./embed-layer-normalization.js";
import { fusedConv } from "./fused-conv.js";
import { fusedGemm, gemmFastGelu } from "./fused-gemm.js";
import { fusedMatMul } from "./fused-mat-mul.js";
import { biasGelu, fastGelu, gelu, quickGelu } from "./gelu.js";
import { groupQueryAttention } from "./group-query-attention.js";
import {
  layerNormalization,
  simplifiedLayerNormalization,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
} from "./layer-normalization.js";
import { matMulNBits } from "./mat-mul-n-bits.js";
import { multiHeadAttention } from "./multi-head-attention.js";
import { rotaryEmbedding } from "./rotary-embedding.js";

export const microsoft = {
  // Some exporters leave the domain of this one out.
  SimplifiedLayerNormalization: simplifiedLayerNormalization,
  "com.microsoft.Attention": attention,
  "com.microsoft.BiasGelu": biasGelu,
  "com.microsoft.EmbedLayerNormalization": embedLayerNormalization,
  "com.microsoft.FastGelu": fastGelu,
  "com.microsoft.FusedConv": fusedConv,
  "com.microsoft.FusedGemm": fusedGemm,
  "com.microsoft.FusedMatMul": fusedMatMul,
  "com.microsoft.Gelu": gelu,
  "com.microsoft.GemmFastGelu": gemmFastGelu,
  "com.microsoft.GroupQueryAttention": groupQueryAttention,
  "com.microsoft.LayerNormalization": layerNormalization,
  "com.microsoft.MatMulNBits": matMulNBits,
  "com.microsoft.MultiHeadAttention": multiHeadAttention,
  "com.microsoft.QAttention": qAttention,
  "com.microsoft.QuickGelu": quickGelu,
  "com.microsoft.RotaryEmbedding": rotaryEmbedding,
  "com.microsoft.SimplifiedLayerNormalization": simplifiedLayerNormalization,
  "com.microsoft.SkipLayerNormalization": skipLayerNormalization,
  "com.microsoft.SkipSimplifiedLayerNormalization": skipSimplifiedLayerNormalization,
  "com.microsoft.TransposeMatMul": fusedMatMul,
} satisfies Readonly<Record<string, Upgrade>>;
