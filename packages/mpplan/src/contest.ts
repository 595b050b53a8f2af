// Plans of one modelled cost that compete: static by sensitivity, dynamic by contribution, hybrid. The tune samples
// decide; the evaluation samples never see a loser's plan.
import { evaluatePlans, type Evaluation } from "@mpplan/calibration";
import type { Graph, Plan, Profile, Samples } from "@mpplan/ir";
import {
  fitHybrids,
  fitThresholds,
  hybridAt,
  hybridFront,
  PlannerError,
  ruleNamed,
  type HybridFront,
  type PlanOptions,
  type RuleCurves,
} from "@mpplan/planner";
import type { Memo } from "@mpplan/runtime";
import { dynamicFraction, leastCost } from "./budgets.js";
import { stage, type WorkOptions } from "./work.js";

/** What stands for one budget after another: fronts and what plans have in common on the tune samples. */
export interface Contest {
  readonly profile: Profile;
  /** The whole ladder. */
  readonly options: PlanOptions;
  readonly hybrid: HybridFront;
  readonly still: HybridFront;
  /** What the profile expects of rules, kept from fit to fit. */
  readonly curves: RuleCurves;
  readonly simulate: (plans: readonly Plan[]) => Promise<readonly Evaluation[]>;
}

/** In the order in which they are made: of equals the first wins. */
export const kinds = ["static", "hybrid", "dynamic"] as const;
export type Kind = (typeof kinds)[number];

export interface Contender {
  readonly kind: Kind;
  readonly plan: Plan;
  /** What the tune samples showed of it. */
  readonly tuned: Evaluation;
  /** What the profile expected it to cost, or to recompute, less what the tune samples showed. */
  readonly excess: number;
}

/** What is known before a contest at a cost: which kinds to try, and how far the profile is off for them. */
export interface Hints {
  readonly kinds: readonly Kind[];
  readonly excess: Readonly<Partial<Record<Kind, number>>>;
}

const nothingKnown: Hints = { kinds, excess: {} };

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
    curves: new Map(),
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
export async function contendersAt(
  contest: Contest,
  cost: number,
  hints: Hints = nothingKnown,
): Promise<Contender[]> {
  const makers: Record<Kind, () => Promise<Made | null>> = {
    static: async () => ({ plan: hybridAt(contest.still, cost, "sensitivity"), excess: 0, tuned: null }),
    hybrid: () => hybridContender(contest, cost, hints.excess.hybrid),
    dynamic: () => dynamicContender(contest, cost, hints.excess.dynamic),
  };
  const made: (Made & { kind: Kind })[] = [];
  let refusal: unknown;
  for (const kind of kinds) {
    if (!hints.kinds.includes(kind)) continue;
    try {
      const contender = await makers[kind]();
      if (contender) made.push({ kind, ...contender });
    } catch (error) {
      if (!(error instanceof PlannerError && error.code === "wrong-budget")) throw error;
      refusal ??= error;
    }
  }
  if (made.length === 0) throw refusal;
  // Fits have seen most of them already.
  const unseen = made.filter(({ tuned }) => tuned === null);
  const results = await contest.simulate(unseen.map(({ plan }) => plan));
  return made.map(({ plan, tuned, ...rest }) => ({
    ...rest,
    plan: { ...plan, budget: { kind: "cost", value: cost } },
    tuned: tuned ?? results[unseen.findIndex((other) => other.plan === plan)]!,
  }));
}

interface Made {
  readonly plan: Plan;
  readonly excess: number;
  readonly tuned: Evaluation | null;
}

async function hybridContender({ hybrid, simulate }: Contest, cost: number, excess?: number): Promise<Made> {
  // A little below the target, so that landing near is landing right.
  const start = excess === undefined ? cost : cost + excess - margin;
  const [fitted] = await fitHybrids([{ front: hybrid, target: cost, start }], simulate);
  const { plan, aim, cost: seenCost, seen } = fitted!;
  return { plan, excess: aim - seenCost, tuned: seen };
}

async function dynamicContender(contest: Contest, cost: number, excess?: number): Promise<Made | null> {
  const { profile, options, simulate, curves } = contest;
  const pair = pairOf(options);
  const rule = ruleNamed("contribution");
  if (cost < leastCost(profile, pair, 1)) return null;
  const fraction = dynamicFraction({ kind: "cost", value: cost }, profile, pair, rule);
  const request = { rule, fraction, ...(excess !== undefined && { excess }) };
  const [fitted] = await fitThresholds(profile, [request], pair, simulate, curves);
  if (Number.isNaN(fitted!.fraction)) return null;
  return { plan: fitted!.plan, excess: fitted!.excess, tuned: fitted!.seen };
}

/** Half of what a fit may leave below its target. */
const margin = 0.001;

/** The contender that loses least on the tune samples; of equals the first. */
export function bestOf(contenders: readonly Contender[]): Contender {
  return contenders.reduce((best, one) => (lossOf(one) < lossOf(best) ? one : best));
}

/** NaN and what is not told count as the worst. */
export function lossOf({ tuned: { error } }: Contender): number {
  return error === null || Number.isNaN(error) ? Infinity : error;
}
