// The verbs of the library on a platform that starts workers its own way.
import type { WorkerHost } from "@mpplan/runtime-cpu";
import type { OpenGpu } from "./backends.js";
import { compareModel } from "./compare.js";
import { compileModel, openPlanner } from "./pipeline.js";
import { calibrateModel, openExecutor } from "./stages.js";

export interface Verbs {
  readonly calibrateModel: typeof calibrateModel;
  readonly compileModel: typeof compileModel;
  readonly compareModel: typeof compareModel;
  readonly openExecutor: typeof openExecutor;
  readonly openPlanner: typeof openPlanner;
}

/** `gpu` opens the platform's GPU; left out, it is `navigator.gpu`. */
export function verbsOn(workers: () => WorkerHost, gpu?: OpenGpu): Verbs {
  return {
    calibrateModel: (graph, samples, options = {}) =>
      calibrateModel(graph, samples, { ...options, workers: options.workers ?? workers() }),
    compileModel: (bytes, samples, options = {}) =>
      compileModel(bytes, samples, { ...options, workers: options.workers ?? workers() }),
    compareModel: (source, samples, options) =>
      compareModel(source, samples, { ...options, workers: options.workers ?? workers() }),
    openExecutor: (names, options = {}) =>
      openExecutor(names, { ...options, workers: options.workers ?? workers(), gpu: options.gpu ?? gpu }),
    openPlanner: (compiled, samples, options = {}) =>
      openPlanner(compiled, samples, { ...options, workers: options.workers ?? workers() }),
  };
}
