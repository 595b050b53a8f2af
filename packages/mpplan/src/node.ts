// The public library in Node: models may be given by path, weights beside them are read on demand.
import { basename } from "node:path";
import { checkFileSize } from "@mpplan/onnx";
import { nodeWorkers } from "@mpplan/runtime-cpu/node";
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { sessionFactory } from "./inference-session.js";
import { externalFiles, readBytes } from "./node/files.js";
import { verbsOn } from "./platform.js";

export * from "./api.js";
export const { calibrateModel, compileModel, compareModel, openExecutor, openPlanner } = verbsOn(
  nodeWorkers,
  nodeGpu,
);
export { loadSamples } from "./node/samples.js";

/** Sessions in the shape of onnxruntime-common. A string is a path. */
export const InferenceSession = sessionFactory(
  async (path, limits) => ({
    bytes: readBytes(path, (size) => checkFileSize(size, limits)),
    name: basename(path),
    externalData: externalFiles(path),
  }),
  nodeWorkers,
  nodeGpu,
);
