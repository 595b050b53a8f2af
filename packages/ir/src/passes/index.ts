// All passes, one line each.
export { bindDims } from "./bind-dims.js";
export { contractEinsum } from "./contract-einsum.js";
export { expandAttention } from "./expand-attention.js";
export { foldBatchNorm } from "./fold-batch-norm.js";
export { foldConstants, type Evaluate } from "./fold-constants.js";
export { fuseBias } from "./fuse-bias.js";
export { inlineIf } from "./inline-if.js";
export { lowerIntegerProducts } from "./lower-integer-products.js";
export { dropUnused, inferTypes, type PassResult } from "./pass.js";
export { quantizeOperands } from "./quantize-operands.js";
export { splitConvTranspose } from "./split-conv-transpose.js";
export { standardPasses } from "./standard.js";
export { mostSteps, unrollRecurrent } from "./unroll-recurrent.js";
export { mostRounds, unrollRounds } from "./unroll-rounds.js";
