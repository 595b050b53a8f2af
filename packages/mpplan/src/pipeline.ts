// The road, on one screen: model and samples in, plan and report out. Every arrow can be cut and resumed.
import { arrange, calibrate, CalibrationError, evaluate, mergeProfiles } from "@mpplan/calibration";
import { SetDigest, split, type Graph, type Plan, type Profile, type Report, type Samples } from "@mpplan/ir";
import type { ExternalData, ImportLimits } from "@mpplan/onnx";
import {
  checkDecision,
  makePlan,
  plannerOf,
  planSoFar,
  type DecisionOptions,
  type Planner,
} from "./make-plan.js";
import { importModel, prepareGraph, type ModelSource } from "./prepare-graph.js";
import { arrangementsOf, checkResume } from "./resume.js";
import { needGuard } from "./search-budget.js";
import { resolvePrecision, type Precision, type PrecisionOptions } from "./settings.js";
import { highPrecisionSites, type SitePatterns } from "./site-patterns.js";
import { tool } from "./version.js";
import { resolveWork, siteNames, stage, throwIfCancelled, type WorkOptions } from "./work.js";

export interface CompileOptions extends PrecisionOptions, WorkOptions, DecisionOptions {
  /** Name of the model in plans and reports. */
  readonly name?: string;
  /** Reads weights that are kept beside the model. */
  readonly externalData?: ExternalData;
  /** How large the model may be. */
  readonly limits?: Partial<ImportLimits>;
  /** Samples for build and tune, and for the evaluation; see `split`. */
  readonly samples?: number | undefined;
  readonly evaluate?: number | undefined;
  /** What an interrupted run measured of the same samples: only the rest of them is measured. */
  readonly resume?: Profile | undefined;
}

export interface Compiled {
  readonly graph: Graph;
  readonly profile: Profile;
  readonly plan: Plan;
  /** Null where the signal fired first: the plan then comes from what had been measured, and predicts nothing. */
  readonly report: Report | null;
}

/**
 * The whole product: imports, calibrates on one part of the samples, decides, predicts on a second, evaluates on
 * a third.
 *
 * @example
 * const { plan, report } = await compileModel(bytes, samples, { preset: "seq-f16", budget: { kind: "cost", value: 0.7 } });
 */
export async function compileModel(
  bytes: Uint8Array,
  samples: Samples,
  options: CompileOptions = {},
): Promise<Compiled> {
  const precision = resolvePrecision(options);
  checkDecision(options, precision);
  const { seed, executor } = resolveWork(options);
  const source: ModelSource = {
    bytes,
    name: options.name ?? "model",
    externalData: options.externalData,
    limits: options.limits,
  };
  const { build, tune, guard, test } = split(samples, {
    seed,
    calibrate: options.samples,
    evaluate: options.evaluate,
    guard: options.budget?.kind === "flips",
  });
  if (options.budget?.kind === "flips") needGuard(guard, options.budget);
  const graph = prepareGraph(importModel(source), samples.at(0), precision.operands);
  highPrecisionSites(siteNames(graph), options);
  const work = { ...options, executor, seed };
  const profile = await makeProfile(graph, build, precision, { ...work, resume: options.resume });
  try {
    throwIfCancelled(options.signal, graph);
    const plan = await makePlan(graph, profile, { tune, guard }, precision, work);
    const report = await evaluate(graph, plan, test, { tool, ...stage("evaluate", work) });
    throwIfCancelled(options.signal, graph);
    return { graph, profile, plan, report };
  } catch (error) {
    if (!(error instanceof CalibrationError && error.code === "cancelled")) throw error;
    return { graph, profile, plan: planSoFar(graph, profile, precision, work), report: null };
  }
}

/** How the samples were split, and what a compilation was otherwise told. */
export type PlannerOptions = Omit<CompileOptions, keyof DecisionOptions | "resume"> & SitePatterns;

/**
 * Plans for one budget after another from what a compilation measured, at a fraction of its time. Give the samples and
 * options of that compilation: its tune samples fit and predict, and what is neither to build, tune nor evaluate keeps
 * promises.
 *
 * @example
 * const planner = openPlanner(await compileModel(bytes, samples), samples);
 * const plan = await planner.plan({ budget: { kind: "cost", value: 0.6 } });
 *
 * @throws PlannerError `wrong-profile` where the profile was measured with other settings, or is of another graph.
 */
export function openPlanner(
  { graph, profile }: Pick<Compiled, "graph" | "profile">,
  samples: Samples,
  options: PlannerOptions = {},
): Planner {
  const precision = resolvePrecision(options);
  const { seed } = resolveWork(options);
  highPrecisionSites(siteNames(graph), options);
  const { tune, guard } = split(samples, {
    seed,
    calibrate: options.samples,
    evaluate: options.evaluate,
    guard: true,
  });
  return plannerOf(graph, profile, { tune, guard }, precision, { ...options, seed });
}

/**
 * The first half: how sums are laid out, and what the samples say of every neuron. A shard is laid out by all the
 * build samples (`layout`), so that shards fit together. When the signal fires, the profile is of the samples so far,
 * which are the first ones; `resume` takes such a profile and measures the rest.
 *
 * @throws UsageError `wrong-resume` for a profile of other samples or settings; CalibrationError `cancelled` where
 * nothing had been measured yet.
 */
export async function makeProfile(
  graph: Graph,
  build: Samples,
  precision: Precision,
  options: WorkOptions & { readonly resume?: Profile | undefined },
  layout: Samples = build,
): Promise<Profile> {
  const { accumulators } = precision;
  const { executor, seed } = resolveWork(options);
  const { resume } = options;
  const common = { accumulators, seed, ...stage("calibrate", { ...options, executor }) };
  const { onProgress, ...silent } = common;
  if (!resume) {
    const arrangements = await arrange(graph, layout, { ...silent, ...precision.arrange });
    return calibrate(graph, build, { ...common, arrangements, tool });
  }
  const rest = checkResume(resume, graph, build, precision);
  if (rest.count === 0) return resume;
  const done = resume.data.samples;
  const told = onProgress && { onProgress: (n: number) => onProgress(done + n, build.count) };
  const arrangements = arrangementsOf(resume);
  return mergeProfiles([resume, await calibrate(graph, rest, { ...silent, ...told, arrangements, tool })]);
}

/** True where these are the very samples that the profile was made from. */
export function isMadeFrom(profile: Profile, build: Samples): boolean {
  if (profile.data.samples !== build.count) return false;
  const digest = new SetDigest();
  for (let i = 0; i < build.count; i++) digest.add(build.at(i));
  return digest.toString() === profile.data.digest;
}
