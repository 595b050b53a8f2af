// Budgets that are no cut through a front: a largest error, searched by simulation, and a largest rate of flips,
// tested on samples used for nothing else.
import { evaluatePlans, flipUpperLimit, samplesForLimit } from "@mpplan/calibration";
import type { Budget, FlipPromise, Graph, Samples } from "@mpplan/ir";
import { PlannerError } from "@mpplan/planner";
import type { MadePlan, PlanMaker } from "./plan-maker.js";
import { stage, type WorkOptions } from "./work.js";

/** The cost at which a search stops halving. */
const finest = 1 / 128;

/** The cheapest plan whose error on the tune samples is at most `limit`. @throws PlannerError `wrong-budget`. */
export async function cheapestWithin(
  limit: number,
  maker: PlanMaker,
  tune: Samples,
  graph: Graph,
  work: WorkOptions,
): Promise<MadePlan> {
  const errorOf = async ({ plan, tuned }: MadePlan): Promise<number> => {
    const seen = tuned ?? (await evaluatePlans(graph, [plan], tune, stage("tune", work))).plans[0]!;
    return seen.error ?? Infinity;
  };
  let high = { cost: 1, made: await maker.at({ kind: "cost", value: 1 }) };
  const least = await errorOf(high.made);
  if (!(least <= limit)) {
    throw new PlannerError("wrong-budget", {
      what: `An error of ${limit} cannot be kept: with everything allowed it is ${Number(least.toPrecision(3))} on the tuning samples`,
      where: "the budget",
      next: "allow a larger error, or a more precise --high format",
    });
  }
  let low = maker.least;
  // The cheapest costs may be out of a rule's reach: its own least is then the first that it can make.
  while (high.cost - low > finest) {
    const cost = (low + high.cost) / 2;
    const made = await maker.at({ kind: "cost", value: cost }).catch(unlessBudget);
    if (made && (await errorOf(made)) <= limit) high = { cost, made };
    else low = cost;
  }
  return high.made;
}

type FlipBudget = Extract<Budget, { kind: "flips" }>;

/** Costs at which plans are tested, from expensive to cheap: fixed before any sample is looked at. */
export const testedCosts: readonly number[] = [
  1, 0.9375, 0.875, 0.8125, 0.75, 0.71875, 0.6875, 0.65625, 0.625, 0.59375, 0.5625, 0.53125,
];

/**
 * Samples that can support the limit, or the refusal that says how many could.
 * @throws PlannerError `wrong-budget`.
 */
export function needGuard(guard: Samples | null, { value, confidence }: FlipBudget): Samples {
  const needed = samplesForLimit(value, confidence);
  if (guard && guard.count >= needed) return guard;
  throw new PlannerError("wrong-budget", {
    what: `${guard?.count ?? 0} samples cannot support a flip rate of at most ${percent(value)} at ${percent(confidence)} confidence: even with no flip at all it takes ${needed}`,
    where: "the budget",
    next: `give enough samples that ${needed} are left after calibration and evaluation, or allow a larger rate: that many support ${guard && guard.count > 0 ? percent(flipUpperLimit(0, guard.count, confidence)) : "none"}`,
  });
}

/**
 * The cheapest plan whose upper confidence limit of flips is at most the budget's. Plans are tested from expensive to
 * cheap and the first failure ends it: each test is made at full confidence, and the order was fixed beforehand, so
 * that the promise holds for the plan that is returned (fixed-sequence testing).
 */
export async function cheapestPromise(
  budget: FlipBudget,
  maker: PlanMaker,
  graph: Graph,
  guard: Samples,
  work: WorkOptions,
): Promise<MadePlan> {
  const { value: limit, confidence } = budget;
  let kept: MadePlan | null = null;
  let seen = 0;
  for (const cost of testedCosts) {
    const made = await maker.at({ kind: "cost", value: cost }).catch(unlessBudget);
    if (!made) continue;
    const { plan } = made;
    const [result] = (await evaluatePlans(graph, [plan], guard, stage("evaluate", work))).plans;
    const flips = result!.flips;
    if (flips === null) {
      throw new PlannerError("wrong-budget", {
        what: "The model's outputs are no rows of logits, so nothing can flip",
        where: "the budget",
        next: "give --max-error, or --task classifier where they are logits",
      });
    }
    const upper = flipUpperLimit(flips, guard.count, confidence);
    if (upper > limit) {
      seen = flips;
      break;
    }
    const promise: FlipPromise = {
      limit,
      confidence,
      samples: guard.count,
      flips,
      upper,
      guarantee: "calibrated",
    };
    kept = { ...made, plan: { ...plan, budget, promise } };
  }
  if (kept) return kept;
  throw new PlannerError("wrong-budget", {
    what: `No plan keeps flips below ${percent(limit)} at ${percent(confidence)} confidence: the first one tested had ${seen} in ${guard.count}`,
    where: "the budget",
    next: `allow a larger rate, give more samples (${samplesForLimit(limit, confidence, seen)} would do at that count), or a more precise --high format`,
  });
}

function unlessBudget(error: unknown): null {
  if (error instanceof PlannerError && error.code === "wrong-budget") return null;
  throw error;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
