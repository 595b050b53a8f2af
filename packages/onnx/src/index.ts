export { annotate, annotations, nodeIndex, type Notes } from "./annotate.js";
export { ImportError, type ImportErrorCode } from "./errors.js";
export { checkExternalLocation } from "./external-data.js";
export { importOnnx, type ImportOptions } from "./import.js";
export { defaultLimits, type ImportLimits } from "./limits.js";
export { knownVersions } from "./model-facts.js";
export { planAnnotations } from "./plan-annotations.js";
