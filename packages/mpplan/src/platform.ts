// The verbs of the library on a platform that starts workers its own way.
import type { WorkerHost } from "@mpplan/runtime-cpu";
import { compareModel } from "./compare.js";
import { compileModel, openPlanner } from "./pipeline.js";

export interface Verbs {
  readonly compileModel: typeof compileModel;
  readonly compareModel: typeof compareModel;
  readonly openPlanner: typeof openPlanner;
}

export function verbsOn(workers: () => WorkerHost): Verbs {
  return {
    compileModel: (bytes, samples, options = {}) =>
      compileModel(bytes, samples, { ...options, workers: options.workers ?? workers() }),
    compareModel: (source, samples, options) =>
      compareModel(source, samples, { ...options, workers: options.workers ?? workers() }),
    openPlanner: (compiled, samples, options = {}) =>
      openPlanner(compiled, samples, { ...options, workers: options.workers ?? workers() }),
  };
}
