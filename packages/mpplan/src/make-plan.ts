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
import {
  dynamicPlan,
  fitHybrids,
  fitThresholds,
  hybridAt,
  hybridFront,
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
import type { MadePlan, PlainBudget, PlanMaker } from "./plan-maker.js";
import { cheapestPromise, cheapestWithin, needGuard } from "./search-budget.js";
import { openContest, pairOf, winnerAt } from "./contest.js";
import { checkLeast, dynamicFraction, forcedShare, leastCost, passesOf } from "./budgets.js";
import { UsageError } from "./errors.js";
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

export const defaultPolicy = "best";

export const defaultBudget: Budget = { kind: "cost", value: 0.75 };

/** The policies that are no order of neurons, and what they do. */
export const mixedPolicies: Readonly<Record<string, string>> = {
  best: "hybrid, static by sensitivity or dynamic by contribution, whichever loses least on the tune samples",
  hybrid:
    "every neuron takes any format of the ladder, or a low one first and a higher one where its score is high: the options that take most error from the outputs for their cost",
};

/** Plans need samples to simulate on; the flip limit needs some that nothing else has seen. */
export interface DecisionSamples {
  readonly tune: Samples | null;
  readonly guard?: Samples | null;
}

/**
 * The second half: decides, and predicts on samples that were not used to build.
 * @throws PlannerError `wrong-budget` where the plan cannot keep it, `wrong-profile`; UsageError.
 */
export async function makePlan(
  graph: Graph,
  profile: Profile,
  { tune, guard = null }: DecisionSamples,
  precision: Precision,
  asked: WorkOptions & DecisionOptions,
): Promise<Plan> {
  // One executor for all the simulations: what it keeps in memory, and its threads, serve them all.
  const options = { ...asked, executor: resolveWork(asked).executor };
  checkDecision(options, precision);
  checkMeasured(profile, precision);
  checkSites(profile, graph);
  const budget = options.budget ?? defaultBudget;
  const planOptions = planOptionsOf(profile, precision, options);
  const maker = makerOf(graph, profile, tune, planOptions, options);
  const finish = async ({ plan, tuned }: MadePlan): Promise<Plan> => {
    if (!tune) return plan;
    const known = tuned && predictionOf(tuned, tune.count);
    return withPrediction(plan, async (p) => known ?? predict(graph, p, tune, options), maker.chooses);
  };
  switch (budget.kind) {
    case "error": {
      const made = await cheapestWithin(budget.value, maker, needTune(tune), graph, options);
      return finish({ ...made, plan: { ...made.plan, budget } });
    }
    case "flips":
      return finish(await cheapestPromise(budget, maker, graph, needGuard(guard, budget), options));
    case "cost":
    case "share":
    case "tau":
    case "none":
      return finish(await maker.at(budget));
    default:
      return budget satisfies never;
  }
}

function makerOf(
  graph: Graph,
  profile: Profile,
  tune: Samples | null,
  planOptions: PlanOptions,
  options: WorkOptions & DecisionOptions,
): PlanMaker {
  const { rule, policy = defaultPolicy } = options;
  if (rule !== undefined) {
    return {
      at: async (budget) => ({
        plan: await makeDynamicPlan(graph, profile, tune, ruleNamed(rule), budget, planOptions, options),
      }),
      least: leastCost(profile, planOptions, passesOf(ruleNamed(rule))),
      chooses: false,
    };
  }
  if (policy === "uniform") {
    const plan = uniformPlan(profile, planOptions.accumulators.length - 1, planOptions);
    return { at: async () => ({ plan }), least: 1, chooses: false };
  }
  if (policy !== "best" && policy !== "hybrid") {
    return {
      at: async (budget) => ({ plan: makeStaticPlan(profile, policy, budget, planOptions) }),
      least: leastCost(profile, planOptions, 1),
      chooses: false,
    };
  }
  return mixedMaker(graph, profile, tune, planOptions, options, policy);
}

function mixedMaker(
  graph: Graph,
  profile: Profile,
  tune: Samples | null,
  planOptions: PlanOptions,
  options: WorkOptions,
  policy: "best" | "hybrid",
): PlanMaker {
  const contest = openContest(graph, profile, tune ?? noSamples, planOptions, options);
  const share = async (value: number): Promise<MadePlan> => {
    const front = hybridFront(profile, pairOf(planOptions), { unit: "share", dynamic: tune !== null });
    const simulate = async (plans: readonly Plan[]) =>
      (await contest.simulate(plans)).map((r) => ({ cost: r.fractionHigh }));
    const [fitted] = await fitHybrids([{ front, target: value }], simulate);
    return { plan: { ...fitted!.plan, budget: { kind: "share", value } } };
  };
  return {
    least: contest.still.baseCost,
    chooses: policy === "best",
    async at(budget) {
      switch (budget.kind) {
        case "cost": {
          // Without samples nothing can be simulated: the profile's own expectation stands.
          if (!tune) return { plan: { ...hybridAt(contest.still, budget.value, "sensitivity"), budget } };
          if (policy === "best") {
            const { winner, tuned } = await winnerAt(contest, budget.value);
            return { plan: { ...winner.plan, budget }, tuned };
          }
          const [fitted] = await fitHybrids(
            [{ front: contest.hybrid, target: budget.value }],
            contest.simulate,
          );
          return { plan: fitted!.plan };
        }
        case "share":
          return share(budget.value);
        case "none":
          return { plan: { ...hybridAt(contest.still, Infinity, "sensitivity"), budget } };
        case "tau":
          throw new UsageError("bad-option", {
            what: `The policy "${policy}" weighs errors against cost and knows no tolerance`,
            where: "--tau",
            next: "say whose tolerance it is with --rule kappa or a static --policy, or give --budget, --max-error or --max-flips",
          });
        default:
          return budget satisfies never;
      }
    },
  };
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
      throw new UsageError("bad-option", {
        what: `The policy "${policy ?? defaultPolicy}" weighs errors against cost and knows no tolerance`,
        where: "--tau",
        next: "say whose tolerance it is with --rule kappa or a static --policy, or give --budget, --max-error or --max-flips",
      });
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

function makeStaticPlan(profile: Profile, policy: string, budget: PlainBudget, options: PlanOptions): Plan {
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
  budget: PlainBudget,
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

const noSamples: Samples = { count: 0, random: false, at: () => new Map(), label: () => null };
