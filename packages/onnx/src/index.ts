export { annotate, annotations, nodeIndex, type Notes } from "./annotate.js";
export { ImportError, type ImportErrorCode } from "./errors.js";
export { checkExternalLocation } from "./external-location.js";
export { importOnnx, type ImportOptions } from "./import.js";
export { defaultLimits, type ImportLimits } from "./limits.js";
export { knownVersions } from "./versions.js";
export { planAnnotations } from "./plan-annotations.js";
export { readTensorProto } from "./tensor-file.js";
export { readValueProto } from "./value-file.js";
