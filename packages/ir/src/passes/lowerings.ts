// The passes that bring operators which add products to Conv, Gemm and MatMul, whose sums are planned.
import type { Graph } from "../graph.js";
import type { PassResult } from "./pass.js";
import { contractEinsum } from "./contract-einsum.js";
import { expandAttention } from "./expand-attention.js";
import { lowerIntegerProducts } from "./lower-integer-products.js";
import { splitConvTranspose } from "./split-conv-transpose.js";
import { unrollRecurrent } from "./unroll-recurrent.js";
import { unrollRounds } from "./unroll-rounds.js";

export const lowerings: readonly ((graph: Graph) => PassResult)[] = [
  contractEinsum,
  expandAttention,
  lowerIntegerProducts,
  splitConvTranspose,
  unrollRecurrent,
  unrollRounds,
];
