// The road one stage at a time, for those who keep what each stage made: a page, a service. compileModel is all of it.
import { split, valueOf, type Graph, type Profile, type Sample, type Samples } from "@mpplan/ir";
import { executorOn, type OwnedExecutor, type ThreadOptions } from "./backends.js";
import { withPauses } from "./breathe.js";
import type { InputSpec } from "./data/pieces.js";
import { makeProfile, type PlannerOptions } from "./pipeline.js";
import { importModel, prepareGraph, type ModelSource } from "./prepare-graph.js";
import { resolvePrecision, type PrecisionOptions } from "./settings.js";
import { resolveWork, siteNames } from "./work.js";
import { highPrecisionSites } from "./site-patterns.js";

/** A model that has been read, before anything is known of its samples. */
export interface OpenedModel {
  /** As the file tells it, nothing changed. */
  readonly imported: Graph;
  /** What samples are made for: see `toSamples` and `randomSamples`. */
  readonly inputs: readonly InputSpec[];
  /** The graph that is calibrated, planned and run, for samples of the dims of this one. */
  prepare(sample: Sample, precision?: PrecisionOptions): Graph;
}

/**
 * Reads a model from its bytes.
 *
 * @example
 * const model = openModel({ bytes, name: "digits" });
 * const { samples } = toSamples([{ name: "x.npy", bytes: x }], model.inputs);
 * const graph = model.prepare(samples.at(0));
 * const profile = await calibrateModel(graph, samples);
 * const plan = await openPlanner({ graph, profile }, samples).plan();
 *
 * @throws ImportError for what is no model, or none that is supported.
 */
export function openModel(source: ModelSource): OpenedModel {
  const imported = importModel(source);
  return {
    imported,
    inputs: imported.inputs.map((id) => ({ id, type: valueOf(imported, id).type })),
    prepare: (sample, precision = {}) => prepareGraph(imported, sample, resolvePrecision(precision).operands),
  };
}

/** What calibration is asked for, and what an interrupted one had measured of the same samples. */
export type CalibrateOptions = PlannerOptions & { readonly resume?: Profile | undefined };

/**
 * Measures a prepared graph on the build part of the samples. Where the signal fires first, the profile is of the
 * samples so far, and `profile.data.samples` says how many.
 *
 * @throws CalibrationError `cancelled` where nothing had been measured yet; UsageError, IrError.
 */
export async function calibrateModel(
  graph: Graph,
  samples: Samples,
  options: CalibrateOptions = {},
): Promise<Profile> {
  const precision = resolvePrecision(options);
  const { seed } = resolveWork(options);
  highPrecisionSites(siteNames(graph), options);
  const { build } = split(samples, { seed, calibrate: options.samples, evaluate: options.evaluate });
  return makeProfile(graph, build, precision, { ...options, seed });
}

export interface ExecutorOptions extends ThreadOptions {
  /** After so long the platform's other work gets through, between two runs; default 50. */
  readonly pauseMilliseconds?: number | undefined;
}

/**
 * An executor on the first of the named backends, by default the cpu's, which lets the platform's other work through
 * between runs. One for all stages shares threads and memory among them.
 *
 * @throws UsageError `unknown-provider`, `bad-option` for threads that cannot be had; WebGpuError for a GPU that cannot.
 */
export async function openExecutor(
  names?: readonly string[],
  options: ExecutorOptions = {},
): Promise<OwnedExecutor> {
  const { executor, ...owned } = await executorOn(names, options);
  return { executor: withPauses(executor, options.pauseMilliseconds), ...owned };
}
