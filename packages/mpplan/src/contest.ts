// Plans of one modelled cost that compete: static by sensitivity, dynamic by contribution, hybrid. The tune samples
// decide; the evaluation samples never see a loser's plan.
import { evaluatePlans, type Evaluation } from "@mpplan/calibration";
import type { Graph, Plan, Profile, Samples } from "@mpplan/ir";
import {
  fitHybrids,
  fitThresholds,
  hybridFront,
  PlannerError,
  ruleNamed,
  type HybridFront,
  type PlanOptions,
} from "@mpplan/planner";
import type { Memo } from "@mpplan/runtime";
import { dynamicFraction, leastCost } from "./budgets.js";
import { stage, type WorkOptions } from "./work.js";

/** What stands for one budget after another: fronts are made once. */
export interface Contest {
  readonly profile: Profile;
  /** The whole ladder. */
  readonly options: PlanOptions;
  readonly hybrid: HybridFront;
  readonly still: HybridFront;
  readonly simulate: (plans: readonly Plan[]) => Promise<readonly Evaluation[]>;
}

export interface Contender {
  readonly name: string;
  readonly plan: Plan;
}

export function openContest(
  graph: Graph,
  profile: Profile,
  tune: Samples,
  options: PlanOptions,
  work: WorkOptions,
): Contest {
  const memos: Memo[] = [];
  return {
    profile,
    options,
    hybrid: hybridFront(profile, options),
    still: hybridFront(profile, options, { dynamic: false }),
    simulate: async (plans) =>
      (await evaluatePlans(graph, plans, tune, { ...stage("tune", work), memos })).plans,
  };
}

/** The lowest and the highest rung: what a dynamic rule works with. */
export function pairOf(options: PlanOptions): PlanOptions {
  const { accumulators } = options;
  return { ...options, accumulators: [accumulators[0]!, accumulators.at(-1)!] };
}

/**
 * Every contender at that cost, as far as it can keep it.
 * @throws PlannerError `wrong-budget` where none can.
 */
export async function contendersAt(contest: Contest, cost: number): Promise<Contender[]> {
  const { profile, hybrid, still, simulate } = contest;
  const found: Contender[] = [];
  let refusal: unknown;
  const attempt = async (name: string, make: () => Promise<Plan | null>): Promise<void> => {
    try {
      const plan = await make();
      if (plan) found.push({ name, plan: { ...plan, budget: { kind: "cost", value: cost } } });
    } catch (error) {
      if (!(error instanceof PlannerError && error.code === "wrong-budget")) throw error;
      refusal ??= error;
    }
  };
  await attempt(
    "static",
    async () =>
      (await fitHybrids([{ front: still, target: cost, policy: "sensitivity" }], simulate))[0]!.plan,
  );
  await attempt(
    "hybrid",
    async () => (await fitHybrids([{ front: hybrid, target: cost }], simulate))[0]!.plan,
  );
  await attempt("dynamic", async () => {
    const pair = pairOf(contest.options);
    const rule = ruleNamed("contribution");
    if (cost < leastCost(profile, pair, 1)) return null;
    const fraction = dynamicFraction({ kind: "cost", value: cost }, profile, pair, rule);
    const [fitted] = await fitThresholds(profile, [{ rule, fraction }], pair, simulate);
    return Number.isNaN(fitted!.fraction) ? null : fitted!.plan;
  });
  if (found.length === 0) throw refusal;
  return found;
}

/** The contender that loses least on the tune samples; of equals the first. */
export async function winnerAt(
  contest: Contest,
  cost: number,
): Promise<{ readonly winner: Contender; readonly tuned: Evaluation }> {
  const contenders = await contendersAt(contest, cost);
  const results = await contest.simulate(contenders.map((c) => c.plan));
  const error = (i: number): number => results[i]!.error ?? Infinity;
  const best = contenders.reduce((a, _, i) => (error(i) < error(a) ? i : a), 0);
  return { winner: contenders[best]!, tuned: results[best]! };
}
