// The road, on one screen: model and samples in, plan and report out. Every arrow can be cut and resumed.
import { calibrate, CalibrationError, evaluate, evaluatePlans, type Task } from "@mpplan/calibration";
import {
  printAccumulator,
  printOperands,
  SetDigest,
  split,
  sumSites,
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
  PlannerError,
  policyNamed,
  ruleNamed,
  uniformPlan,
  withPrediction,
  type PlanOptions,
  type Rule,
} from "@mpplan/planner";
import { createExecutor, createReferenceBackend, type Executor } from "@mpplan/runtime";
import { withPauses } from "./breathe.js";
import { UsageError } from "./errors.js";
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
  checkDecision(options, precision);
  const { seed, executor } = resolveWork(options);
  const source: ModelSource = { bytes, name: options.name ?? "model", externalData: options.externalData };
  const { build, tune, test } = split(samples, {
    seed,
    calibrate: options.samples,
    evaluate: options.evaluate,
  });
  const graph = prepareGraph(importModel(source), samples.at(0), precision.operands);
  highPrecisionSites(siteNames(graph), options);
  const profile = await makeProfile(graph, build, precision, { ...options, executor });
  const plan = await makePlan(graph, profile, tune, precision, { ...options, executor, seed });
  const report = await evaluate(graph, plan, test, { tool, ...stage("evaluate", { ...options, executor }) });
  throwIfCancelled(options.signal, graph);
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

/** What a plan is asked to be. */
export type DecisionOptions = Pick<CompileOptions, "policy" | "rule" | "budget"> & SitePatterns;

/**
 * The second half: decides, and predicts on samples that were not used to build.
 * @throws PlannerError `wrong-budget` where the plan cannot keep it, `wrong-profile`; UsageError.
 */
export async function makePlan(
  graph: Graph,
  profile: Profile,
  tune: Samples | null,
  precision: Precision,
  options: WorkOptions & DecisionOptions,
): Promise<Plan> {
  checkDecision(options, precision);
  checkMeasured(profile, precision);
  const budget = options.budget ?? defaultBudget;
  const planOptions = planOptionsOf(profile, precision, options);
  const plan =
    options.rule !== undefined
      ? await makeDynamicPlan(graph, profile, tune, ruleNamed(options.rule), budget, planOptions, options)
      : options.policy === "uniform"
        ? uniformPlan(profile, precision.accumulators.length - 1, planOptions)
        : makeStaticPlan(profile, options.policy ?? defaultPolicy, budget, planOptions);
  return tune ? withPrediction(plan, (p) => predict(graph, p, tune, options)) : plan;
}

/** Refuses what cannot be decided, or would be ignored, before any work. */
export function checkDecision(
  { policy, rule, budget, include, exclude }: DecisionOptions,
  precision: Precision,
): void {
  if (policy !== undefined && rule !== undefined) {
    throw new UsageError("conflicting-options", {
      what: "A static policy and a dynamic rule are both given",
      where: "--policy and --rule",
      next: "give one of them, or use mpplan compare to see both",
    });
  }
  if (policy === "uniform" && (budget ?? include ?? exclude) !== undefined) {
    throw new UsageError("conflicting-options", {
      what: "The uniform policy puts every sum into the high format, so budgets and patterns would have no effect",
      where: "--policy uniform",
      next: "leave them out, or choose another policy",
    });
  }
  if (rule === undefined) {
    if (policy !== undefined && policy !== "uniform") policyNamed(policy);
    return;
  }
  const { threshold } = ruleNamed(rule);
  if (precision.accumulators.length > 2) {
    throw new UsageError("conflicting-options", {
      what: `A dynamic rule goes from one format to another, but the ladder has ${precision.accumulators.length}`,
      where: "--rule and --formats",
      next: "name two formats, or choose a static policy",
    });
  }
  if (budget?.kind === "tau" && threshold !== "tau") {
    throw new PlannerError("wrong-budget", {
      what: `The rule "${rule}" draws at random and knows no tau`,
      where: "the budget",
      next: "give it a cost or a share: --budget 0.75 or --max-high 0.5",
    });
  }
}

/** A profile measured for other settings would answer another question. */
function checkMeasured(profile: Profile, { accumulators, operands }: Precision): void {
  const want = printOperands(operands);
  const has = printOperands(profile.operands);
  const known = new Set(profile.accumulators.map(printAccumulator));
  const missing = accumulators
    .slice(0, -1)
    .map(printAccumulator)
    .filter((a) => !known.has(a));
  if (want === has && missing.length === 0) return;
  throw new PlannerError("wrong-profile", {
    what:
      missing.length > 0
        ? `The profile did not measure ${missing.join("; ")}: it measured ${[...known].join("; ")}`
        : `The profile was measured with ${has}, but the plan is for ${want}`,
    where: `the profile of "${profile.model.name}"`,
    next: "give the same --preset and formats as to mpplan calibrate, or calibrate again",
  });
}

function makeStaticPlan(profile: Profile, policy: string, budget: Budget, options: PlanOptions): Plan {
  const front = planFront(profile, policyNamed(policy), options);
  const forced = forcedShare(profile, options);
  // The front ranks what is kept high first, but a budget that ends among it would drop the rest in silence.
  if (budget.kind === "cost" && forced > 0) checkLeast(budget.value, leastCost(profile, options, 1), "cost");
  if (budget.kind === "share") checkLeast(budget.value, forced, "share");
  return planAt(front, budget);
}

async function makeDynamicPlan(
  graph: Graph,
  profile: Profile,
  tune: Samples | null,
  rule: Rule,
  budget: Budget,
  planOptions: PlanOptions,
  options: WorkOptions,
): Promise<Plan> {
  if (budget.kind === "tau") return dynamicPlan(profile, rule, budget.value, planOptions);
  const forced = forcedShare(profile, planOptions);
  if (budget.kind === "cost")
    checkLeast(budget.value, leastCost(profile, planOptions, passesOf(rule)), "cost");
  if (budget.kind === "share") checkLeast(budget.value, forced, "share");
  const fraction = dynamicFraction(budget, profile, planOptions, rule);
  const simulate = async (plans: readonly Plan[]) =>
    (await evaluatePlans(graph, plans, tune ?? noSamples, stage("tune", options))).plans;
  const [fitted] = await fitThresholds(profile, [{ rule, fraction }], planOptions, simulate);
  if (Number.isNaN(fitted!.fraction)) {
    throw new PlannerError("wrong-budget", {
      what: `No threshold of the rule "${rule.name}" recomputes as little as this budget allows: on the tuning samples even the largest one recomputes more`,
      where: "the budget",
      next: "allow more with --budget or --max-high, or choose a static policy",
    });
  }
  return { ...fitted!.plan, budget };
}

/** Low passes that a dynamic rule pays for every component: the sum, and |W||h| where the test needs it. */
function passesOf(rule: Rule): number {
  return rule.needsMagnitude ? 2 : 1;
}

/** How much a dynamic rule may have in high precision within a budget: what it costs anyway is paid first. */
export function dynamicFraction(budget: Budget, profile: Profile, options: PlanOptions, rule: Rule): number {
  if (budget.kind === "share") return budget.value;
  if (budget.kind !== "cost") return 1;
  const forced = forcedShare(profile, options);
  return budget.value - leastCost(profile, options, passesOf(rule)) + forced;
}

/** The modelled cost of a plan that moves nothing up: low everywhere, but for the sites that are kept high. */
export function leastCost(profile: Profile, options: PlanOptions, passes: number): number {
  const { costs } = uniformPlan(profile, 0, options);
  const low = costs[options.accumulators[0]!.format]! / costs[options.accumulators.at(-1)!.format]!;
  const forced = forcedShare(profile, options);
  return passes * low * (1 - forced) + forced;
}

/** The share of multiply-accumulates that --include and --exclude keep in high precision. */
function forcedShare({ sites }: Profile, { forceHigh }: PlanOptions): number {
  const macs = (some: Profile["sites"]): number => some.reduce((sum, site) => sum + site.macs, 0);
  return forceHigh ? macs(sites.filter((site) => forceHigh(site.site))) / Math.max(1, macs(sites)) : 0;
}

function checkLeast(budget: number, least: number, kind: "cost" | "share"): void {
  if (budget >= least - 1e-12) return;
  const rounded = Number(least.toPrecision(4));
  throw new PlannerError("wrong-budget", {
    what:
      kind === "cost"
        ? `A modelled cost of ${budget} cannot be kept: with nothing moved up it is ${rounded} already`
        : `A share of ${budget} cannot be kept: what stays in high precision, as asked, has ${rounded} already`,
    where: "the budget",
    next: `allow at least ${rounded}, or leave more to the plan with --include and --exclude`,
  });
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

/** The names that --include and --exclude speak of. */
export function siteNames(graph: Graph): string[] {
  return sumSites(graph).map((site) => site.id);
}

export const defaultSeed = 1;
export const defaultBudget: Budget = { kind: "cost", value: 0.75 };

/** True where these are the very samples that the profile was made from. */
export function isMadeFrom(profile: Profile, build: Samples): boolean {
  if (profile.data.samples !== build.count) return false;
  const digest = new SetDigest();
  for (let i = 0; i < build.count; i++) digest.add(build.at(i));
  return digest.toString() === profile.data.digest;
}

export function resolveWork(options: WorkOptions): { seed: number; executor: Executor } {
  return {
    seed: options.seed ?? defaultSeed,
    executor: withPauses(options.executor ?? createExecutor(createReferenceBackend())),
  };
}

/** @throws CalibrationError `cancelled`: part of the work may be missing. */
export function throwIfCancelled(signal: AbortSignal | undefined, graph: Graph): void {
  if (!signal?.aborted) return;
  throw new CalibrationError("cancelled", {
    what: "Cancelled",
    where: `the work on "${graph.name}"`,
    next: "run it again; nothing was written",
  });
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
