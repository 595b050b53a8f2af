// The kinds of plans that can be asked for, each as something that makes one plan after another.
import { evaluatePlans } from "@mpplan/calibration";
import type { Graph, Plan, Profile, Samples } from "@mpplan/ir";
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
  type PlanOptions,
  type Rule,
} from "@mpplan/planner";
import { anchored } from "./anchors.js";
import { checkLeast, dynamicFraction, forcedShare, leastCost, passesOf } from "./budgets.js";
import { bestOf, contendersAt, openContest, pairOf } from "./contest.js";
import { UsageError } from "./errors.js";
import type { MadePlan, PlainBudget, PlanMaker } from "./plan-maker.js";
import { stage, type WorkOptions } from "./work.js";

export const defaultPolicy = "best";

/** The policies that are no order of neurons, and what they do. */
export const mixedPolicies: Readonly<Record<string, string>> = {
  best: "hybrid, static by sensitivity or dynamic by contribution, whichever loses least on the tune samples",
  hybrid:
    "every neuron takes any format of the ladder, or a low one first and a higher one where its score is high: the options that take most error from the outputs for their cost",
};

/** What plans are made from. */
export interface Ground {
  readonly graph: Graph;
  readonly profile: Profile;
  readonly tune: Samples | null;
  readonly planOptions: PlanOptions;
  readonly work: WorkOptions;
  /** True where more than one cost will be asked for. */
  readonly many: boolean;
}

/** @throws PlannerError `unknown-policy`, `unknown-rule`. */
export function makerOf(ground: Ground, policy: string = defaultPolicy, rule?: string): PlanMaker {
  const { profile, planOptions } = ground;
  if (rule !== undefined) {
    return {
      at: async (budget) => ({ plan: await makeDynamicPlan(ground, ruleNamed(rule), budget) }),
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
  return mixedMaker(ground, policy);
}

function mixedMaker(
  { graph, profile, tune, planOptions, work, many }: Ground,
  policy: "best" | "hybrid",
): PlanMaker {
  const contest = openContest(graph, profile, tune ?? noSamples, planOptions, work);
  const anchors = many ? anchored(contest) : null;
  const ofCost = async (cost: number): Promise<MadePlan> => {
    // Without samples nothing can be simulated: the profile's own expectation stands.
    if (!tune) return { plan: hybridAt(contest.still, cost, "sensitivity") };
    if (policy === "best") {
      return (await anchors?.bestAt(cost)) ?? bestOf(await contendersAt(contest, cost));
    }
    const [fitted] = await fitHybrids([{ front: contest.hybrid, target: cost }], contest.simulate);
    return { plan: fitted!.plan, ...(fitted!.seen && { tuned: fitted!.seen }) };
  };
  const ofShare = async (value: number): Promise<MadePlan> => {
    const front = hybridFront(profile, pairOf(planOptions), { unit: "share", dynamic: tune !== null });
    const simulate = async (plans: readonly Plan[]) =>
      (await contest.simulate(plans)).map((r) => ({ cost: r.fractionHigh }));
    const [fitted] = await fitHybrids([{ front, target: value }], simulate);
    return { plan: fitted!.plan };
  };
  const made = async (budget: PlainBudget): Promise<MadePlan> => {
    switch (budget.kind) {
      case "cost":
        return ofCost(budget.value);
      case "share":
        return ofShare(budget.value);
      case "none":
        return { plan: hybridAt(contest.still, Infinity, "sensitivity") };
      case "tau":
        throw noTolerance(policy);
      default:
        return budget satisfies never;
    }
  };
  return {
    least: contest.still.baseCost,
    chooses: policy === "best",
    async at(budget) {
      const { plan, tuned } = await made(budget);
      return { plan: { ...plan, budget }, ...(tuned && { tuned }) };
    },
  };
}

/** Mixed policies weigh errors: none of their numbers is a tolerance. */
export function noTolerance(policy: string): UsageError {
  return new UsageError("bad-option", {
    what: `The policy "${policy}" weighs errors against cost and knows no tolerance`,
    where: "--tau",
    next: "say whose tolerance it is with --rule kappa or a static --policy, or give --budget, --max-error or --max-flips",
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
  { graph, profile, tune, planOptions, work }: Ground,
  rule: Rule,
  budget: PlainBudget,
): Promise<Plan> {
  if (budget.kind === "tau") return dynamicPlan(profile, rule, budget.value, planOptions);
  const forced = forcedShare(profile, planOptions);
  if (budget.kind === "cost")
    checkLeast(budget.value, leastCost(profile, planOptions, passesOf(rule)), "cost");
  if (budget.kind === "share") checkLeast(budget.value, forced, "share");
  const fraction = dynamicFraction(budget, profile, planOptions, rule);
  const simulate = async (plans: readonly Plan[]) =>
    (await evaluatePlans(graph, plans, tune ?? noSamples, stage("tune", work))).plans;
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

const noSamples: Samples = { count: 0, random: false, at: () => new Map(), label: () => null };
