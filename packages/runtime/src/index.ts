export * from "./backend.js";
export * from "./errors.js";
export * from "./evaluate-node.js";
export * from "./executor.js";
export { broadcastDims, groupIndex } from "./matrix-batch.js";
export * from "./recompute.js";
export { createSumEngine, type SumEngine } from "./reference/accumulate.js";
export { createReferenceBackend } from "./reference/backend.js";
export { takesTensorsOnly } from "./reference/kernels/index.js";
