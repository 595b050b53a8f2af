// The road, on one screen: model and samples in, plan and report out. Every arrow can be cut and resumed.
import { calibrate, evaluate, evaluatePlans, type Task } from "@mpplan/calibration";
import {
  split,
  type Budget,
  type Graph,
  type Plan,
  type Prediction,
  type Profile,
  type Report,
  type Samples,
} from "@mpplan/ir";
import {
  dynamicPlan,
  fitThresholds,
  planAt,
  planFront,
  policyNamed,
  ruleNamed,
  uniformPlan,
  withPrediction,
  type PlanOptions,
} from "@mpplan/planner";
import { createExecutor, createReferenceBackend, type Executor } from "@mpplan/runtime";
import { importModel, prepareGraph, type ModelSource } from "./prepare-graph.js";
import { resolvePrecision, type Precision, type PrecisionOptions } from "./settings.js";
import { highPrecisionSites, type SitePatterns } from "./site-patterns.js";
import { tool } from "./version.js";

/** What is reported while long work goes on. */
export type Stage = "calibrate" | "tune" | "evaluate";
export type Progress = (stage: Stage, done: number, total: number) => void;

export interface WorkOptions extends SitePatterns {
  readonly executor?: Executor | undefined;
  readonly seed?: number | undefined;
  readonly task?: Task | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CompileOptions extends PrecisionOptions, WorkOptions {
  /** Name of the model in plans and reports. */
  readonly name?: string;
  readonly externalData?: (location: string) => Uint8Array;
  /** A static policy (default `absolute`), or a dynamic rule. */
  readonly policy?: string | undefined;
  readonly rule?: string | undefined;
  /** Default: a modelled cost of 0.75. */
  readonly budget?: Budget | undefined;
  /** Samples for build and tune, and for the evaluation; see `split`. */
  readonly samples?: number | undefined;
  readonly evaluate?: number | undefined;
}

export interface Compiled {
  readonly graph: Graph;
  readonly profile: Profile;
  readonly plan: Plan;
  readonly report: Report;
}

export const defaultPolicy = "absolute";

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
  const { seed, executor } = resolveWork(options);
  const source: ModelSource = { bytes, name: options.name ?? "model", externalData: options.externalData };
  const { build, tune, test } = split(samples, {
    seed,
    calibrate: options.samples,
    evaluate: options.evaluate,
  });
  const graph = prepareGraph(importModel(source), samples.at(0), precision.operands);
  const profile = await makeProfile(graph, build, precision, { ...options, executor });
  const plan = await makePlan(graph, profile, tune, precision, { ...options, executor, seed });
  const report = await evaluate(graph, plan, test, { tool, ...stage("evaluate", { ...options, executor }) });
  return { graph, profile, plan, report };
}

/** The first half: what the samples say of every neuron. */
export function makeProfile(
  graph: Graph,
  build: Samples,
  precision: Precision,
  options: WorkOptions,
): Promise<Profile> {
  return calibrate(graph, build, {
    tool,
    accumulators: precision.accumulators.slice(0, -1),
    ...stage("calibrate", options),
  });
}

/** The second half: decides, and predicts on samples that were not used to build. */
export async function makePlan(
  graph: Graph,
  profile: Profile,
  tune: Samples | null,
  precision: Precision,
  options: WorkOptions & Pick<CompileOptions, "policy" | "rule" | "budget">,
): Promise<Plan> {
  const budget = options.budget ?? { kind: "cost", value: 0.75 };
  const planOptions = planOptionsOf(profile, precision, options);
  const plan = options.rule
    ? await makeDynamicPlan(graph, profile, tune, ruleNamed(options.rule), budget, planOptions, options)
    : options.policy === "uniform"
      ? uniformPlan(profile, budget.kind === "none" ? 0 : precision.accumulators.length - 1, planOptions)
      : planAt(planFront(profile, policyNamed(options.policy ?? defaultPolicy), planOptions), budget);
  return tune ? withPrediction(plan, (p) => predict(graph, p, tune, options)) : plan;
}

async function makeDynamicPlan(
  graph: Graph,
  profile: Profile,
  tune: Samples | null,
  rule: ReturnType<typeof ruleNamed>,
  budget: Budget,
  planOptions: PlanOptions,
  options: WorkOptions,
): Promise<Plan> {
  if (budget.kind === "tau") return dynamicPlan(profile, rule, budget.value, planOptions);
  const fraction = dynamicFraction(budget, profile, planOptions, rule.needsMagnitude);
  const simulate = async (plans: readonly Plan[]) =>
    (await evaluatePlans(graph, plans, tune ?? noSamples, stage("tune", options))).plans;
  const [fitted] = await fitThresholds(profile, [{ rule, fraction }], planOptions, simulate);
  return { ...fitted!.plan, budget };
}

/** How much a dynamic rule may recompute within a budget: its low pass, and |W||h|, are paid first. */
export function dynamicFraction(
  budget: Budget,
  profile: Profile,
  options: PlanOptions,
  needsMagnitude: boolean,
): number {
  if (budget.kind === "share") return budget.value;
  const frame = uniformPlan(profile, 0, options);
  const [low, high] = [options.accumulators[0]!, options.accumulators.at(-1)!];
  const r = frame.costs[low.format]! / frame.costs[high.format]!;
  return budget.kind === "cost" ? budget.value - r * (needsMagnitude ? 2 : 1) : 1;
}

export async function predict(
  graph: Graph,
  plan: Plan,
  tune: Samples,
  options: WorkOptions,
): Promise<Omit<Prediction, "guarantee">> {
  const { plans, samples } = await evaluatePlans(graph, [plan], tune, stage("tune", options));
  const { error, flips, cost, fractionHigh } = plans[0]!;
  return { error, flips: flips === null ? null : flips / samples, cost, fractionHigh, samples };
}

export function planOptionsOf(profile: Profile, precision: Precision, options: WorkOptions): PlanOptions {
  const { accumulators, costs, preset } = precision;
  const forceHigh = highPrecisionSites(
    profile.sites.map((site) => site.site),
    options,
  );
  return { accumulators, costs, preset, seed: options.seed ?? defaultSeed, tool, forceHigh };
}

export const defaultSeed = 1;

export function resolveWork(options: WorkOptions): { seed: number; executor: Executor } {
  return {
    seed: options.seed ?? defaultSeed,
    executor: options.executor ?? createExecutor(createReferenceBackend()),
  };
}

/** The options of one stage of the work. */
export function stage(name: Stage, options: WorkOptions) {
  const { onProgress, signal, task } = options;
  return {
    executor: resolveWork(options).executor,
    task,
    ...(onProgress && { onProgress: (done: number, total: number) => onProgress(name, done, total) }),
    ...(signal && { signal }),
  };
}

const noSamples: Samples = { count: 0, random: false, at: () => new Map(), label: () => null };
