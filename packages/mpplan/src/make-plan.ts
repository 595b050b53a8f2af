// The second half of compiling: decides, under a budget, by a policy or a rule.
import { evaluatePlans, type Evaluation } from "@mpplan/calibration";
import {
  printAccumulator,
  printOperands,
  sumSites,
  valueSites,
  type Budget,
  type Graph,
  type Plan,
  type Prediction,
  type Profile,
  type Samples,
} from "@mpplan/ir";
import { hybridAt, hybridFront, PlannerError, policyNamed, ruleNamed, withPrediction } from "@mpplan/planner";
import { UsageError } from "./errors.js";
import type { MadePlan, PlanMaker } from "./plan-maker.js";
import { defaultPolicy, makerOf, mixedPolicies, noTolerance } from "./plan-makers.js";
import { cheapestPromise, cheapestWithin, needGuard } from "./search-budget.js";
import type { Precision } from "./settings.js";
import type { SitePatterns } from "./site-patterns.js";
import { planOptionsOf, resolveWork, stage, type WorkOptions } from "./work.js";

/** What a plan is asked to be. */
export interface DecisionOptions extends SitePatterns {
  /**
   * `best` (default): hybrid, static or dynamic, whichever loses least on the tune samples; `hybrid`; or a static
   * policy.
   */
  readonly policy?: string | undefined;
  /** A dynamic rule instead of a policy. */
  readonly rule?: string | undefined;
  /** Default: a modelled cost of 0.75. */
  readonly budget?: Budget | undefined;
}

export const defaultBudget: Budget = { kind: "cost", value: 0.75 };

/** Plans need samples to simulate on; the flip limit needs some that nothing else has seen. */
export interface DecisionSamples {
  readonly tune: Samples | null;
  readonly guard?: Samples | null;
}

/** Plans from one profile, for one budget after another: fronts, simulations and what they taught are kept. */
export interface Planner {
  /**
   * Decides, and predicts on samples that were not used to build. A plan does not depend on what was asked before.
   * @throws PlannerError `wrong-budget` where the plan cannot keep it; UsageError.
   */
  plan(decision?: Pick<DecisionOptions, "policy" | "rule" | "budget">): Promise<Plan>;
}

/** @throws PlannerError `wrong-profile` for a profile of another model or of other settings. */
export function plannerOf(
  graph: Graph,
  profile: Profile,
  { tune, guard = null }: DecisionSamples,
  precision: Precision,
  asked: WorkOptions,
  { once = false } = {},
): Planner {
  // One executor for all the simulations: what it keeps in memory, and its threads, serve them all.
  const work = { ...asked, executor: resolveWork(asked).executor };
  checkMeasured(profile, precision);
  checkSites(profile, graph);
  const planOptions = planOptionsOf(profile, precision, work);
  const makers = new Map<string, PlanMaker>();
  const makerFor = ({ policy, rule, budget = defaultBudget }: DecisionOptions): PlanMaker => {
    const name = rule === undefined ? `policy ${policy ?? defaultPolicy}` : `rule ${rule}`;
    let maker = makers.get(name);
    if (!maker) {
      // A plan of one cost is found directly; the others, and what searches costs, go by anchors.
      const many = !once || budget.kind === "error" || budget.kind === "flips";
      maker = makerOf({ graph, profile, tune, planOptions, work, many }, policy, rule);
      makers.set(name, maker);
    }
    return maker;
  };
  return {
    async plan(decision = {}) {
      checkDecision({ ...asked, ...decision }, precision);
      const { budget = defaultBudget } = decision;
      const maker = makerFor(decision);
      const finish = async ({ plan, tuned }: MadePlan): Promise<Plan> => {
        if (!tune) return plan;
        const known = tuned && predictionOf(tuned, tune.count);
        return withPrediction(plan, async (p) => known ?? predict(graph, p, tune, work), maker.chooses);
      };
      switch (budget.kind) {
        case "error": {
          const made = await cheapestWithin(budget.value, maker, needTune(tune), graph, work);
          return finish({ ...made, plan: { ...made.plan, budget } });
        }
        case "flips":
          return finish(await cheapestPromise(budget, maker, graph, needGuard(guard, budget), work));
        case "cost":
        case "share":
        case "tau":
        case "none":
          return finish(await maker.at(budget));
        default:
          return budget satisfies never;
      }
    },
  };
}

/** The second half for a single budget. @throws as `plannerOf` and `Planner.plan`. */
export async function makePlan(
  graph: Graph,
  profile: Profile,
  samples: DecisionSamples,
  precision: Precision,
  asked: WorkOptions & DecisionOptions,
): Promise<Plan> {
  checkDecision(asked, precision);
  return plannerOf(graph, profile, samples, precision, asked, { once: true }).plan(asked);
}

/** The plan of an interrupted run: what the profile alone can decide, nothing simulated, nothing promised. */
export function planSoFar(
  graph: Graph,
  profile: Profile,
  precision: Precision,
  options: WorkOptions & DecisionOptions,
): Plan {
  checkSites(profile, graph);
  const planOptions = planOptionsOf(profile, precision, options);
  const { budget = defaultBudget } = options;
  const front = hybridFront(profile, planOptions, { dynamic: false });
  const cost = budget.kind === "cost" ? Math.max(budget.value, front.baseCost) : 1;
  return { ...hybridAt(front, cost, "sensitivity"), budget: { kind: "cost", value: cost } };
}

function needTune(tune: Samples | null): Samples {
  if (tune) return tune;
  throw new UsageError("bad-option", {
    what: "A largest error is kept by running plans on tuning samples, and there are none",
    where: "--max-error without --data",
    next: "give --data, or a cost with --budget",
  });
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
    const mixed = policy === undefined || Object.hasOwn(mixedPolicies, policy);
    if (!mixed && policy !== "uniform") policyNamed(policy, [...Object.keys(mixedPolicies), "uniform"]);
    if (mixed && budget?.kind === "tau") {
      throw noTolerance(policy ?? defaultPolicy);
    }
    return;
  }
  const { threshold } = ruleNamed(rule);
  if (precision.accumulators.length > 2) {
    throw new UsageError("conflicting-options", {
      what: `A dynamic rule goes from one format to another, but the ladder has ${precision.accumulators.length}`,
      where: "--rule and --formats",
      next: "name two formats, or leave --rule out: a hybrid plan has pairs of any two",
    });
  }
  if (budget?.kind === "tau" && threshold !== "tau") {
    throw new PlannerError("wrong-budget", {
      what:
        threshold === "share"
          ? `The rule "${rule}" draws at random and knows no tau`
          : `The threshold of the rule "${rule}" is found for a cost: a tau means nothing to it`,
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
  const missing = accumulators.map(printAccumulator).filter((a) => !known.has(a));
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

/** A damaged profile would make a plan that no run takes. */
function checkSites({ model, sites, valueSums = [] }: Profile, graph: Graph): void {
  const measured = new Map([...sites, ...valueSums].map((site) => [site.site, site.neurons.length]));
  const wanted = [...sumSites(graph), ...valueSites(graph)];
  const missing = wanted.find((site) => measured.get(site.id) !== site.neurons);
  if (!missing) return;
  throw new PlannerError("wrong-profile", {
    what: `The profile has ${measured.get(missing.id) ?? 0} of the ${missing.neurons} neurons of "${missing.id}"`,
    where: `the profile of "${model.name}"`,
    next: "calibrate again",
  });
}

export async function predict(
  graph: Graph,
  plan: Plan,
  tune: Samples,
  options: WorkOptions,
): Promise<Omit<Prediction, "guarantee">> {
  const { plans, samples } = await evaluatePlans(graph, [plan], tune, stage("tune", options));
  return predictionOf(plans[0]!, samples);
}

function predictionOf(
  { error, flips, cost, fractionHigh }: Evaluation,
  samples: number,
): Omit<Prediction, "guarantee"> {
  return { error, flips: flips === null ? null : flips / samples, cost, fractionHigh, samples };
}
