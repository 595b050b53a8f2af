// What both entries, index (any platform) and node, offer.
export { type GpuFacts, type OwnedExecutor, type ThreadOptions } from "./backends.js";
export { type CompareOptions } from "./compare.js";
export { InputError, type InputErrorCode } from "./data/errors.js";
export { writeNpy } from "./data/npy.js";
export { type InputSpec } from "./data/pieces.js";
export { parseNumber, parseNumbers, type Preprocess } from "./data/preprocess.js";
export { randomSamples } from "./data/random-samples.js";
export { type DataFile } from "./data/recognize.js";
export { toSamples, type LoadedSamples, type SampleOptions } from "./data/samples.js";
export { UsageError } from "./errors.js";
export { Inference, type SessionFactory } from "./inference-session.js";
export { type DecisionOptions, type Planner } from "./make-plan.js";
export { type Compiled, type CompileOptions, type PlannerOptions } from "./pipeline.js";
export { type Progress, type Stage } from "./work.js";
export { probeFacts, probeWebGpu, type DeviceProbe } from "./probe-facts.js";
export { type ModelSource } from "./prepare-graph.js";
export {
  describePrecision,
  resolveBudget,
  resolvePrecision,
  type Precision,
  type PrecisionOptions,
} from "./settings.js";
export { type ExecutionMode, type SessionOptions } from "./session-options.js";
export { openModel, type CalibrateOptions, type ExecutorOptions, type OpenedModel } from "./stages.js";
export { Tensor } from "./tensor.js";
export { tool } from "./version.js";
export { type ExternalData, type ExternalFiles, type ImportLimits } from "@mpplan/onnx";
export { MpplanError } from "@mpplan/formats";
export {
  parsePlan,
  parseProfile,
  parseReport,
  presets,
  printAccumulator,
  printDocument,
  schemas,
  split,
  subset,
  type Accumulator,
  type Budget,
  type Comparison,
  type Plan,
  type Profile,
  type Report,
  type Sample,
  type Samples,
} from "@mpplan/ir";
