// The chart's plans: every uniform format, the paper's rule over tolerances, and static, dynamic and hybrid plans of
// equal costs, as the library makes them.
import type { ComparisonRow, Plan, Profile } from "@mpplan/ir";
import { uniformPlan, type PlanOptions } from "@mpplan/planner";
import { MpplanError, type Planner } from "mpplan";

export const chartTaus: readonly number[] = [1, 0.5, 0.3, 0.1];
export const chartCosts: readonly number[] = [0.55, 0.625, 0.6875, 0.75, 0.8125, 0.875];

/** A row to come: what it will say of itself, and how its plan is made. */
export interface RowMaker {
  readonly row: Pick<ComparisonRow, "name" | "mode" | "policy" | "rule" | "tau" | "targetCost">;
  readonly make: () => Promise<Plan>;
}

export function rowMakers(profile: Profile, options: PlanOptions, planner: Planner): RowMaker[] {
  const none = { policy: null, rule: null, tau: null, targetCost: null };
  const uniform = options.accumulators.map((a, rung): RowMaker => ({
    row: { ...none, name: `uniform ${a.format}`, mode: "uniform", policy: "uniform" },
    make: async () => uniformPlan(profile, rung, options),
  }));
  const budget = (value: number) => ({ kind: "cost", value }) as const;
  const ofCost = chartCosts.flatMap((cost): RowMaker[] => [
    {
      row: { ...none, name: "hybrid", mode: "hybrid", policy: "hybrid", targetCost: cost },
      make: () => planner.plan({ policy: "hybrid", budget: budget(cost) }),
    },
    {
      row: { ...none, name: "static sensitivity", mode: "static", policy: "sensitivity", targetCost: cost },
      make: () => planner.plan({ policy: "sensitivity", budget: budget(cost) }),
    },
    {
      row: { ...none, name: "dynamic contribution", mode: "dynamic", rule: "contribution", targetCost: cost },
      make: () => planner.plan({ rule: "contribution", budget: budget(cost) }),
    },
  ]);
  const paper = chartTaus.map((tau): RowMaker => ({
    row: { ...none, name: `dynamic kappa, tau ${tau}`, mode: "dynamic", rule: "kappa", tau },
    make: () => planner.plan({ rule: "kappa", budget: { kind: "tau", value: tau } }),
  }));
  return [...uniform, ...ofCost, ...paper];
}

/** Null and the reason where a cost cannot be kept. */
export async function planOrReason({
  make,
}: RowMaker): Promise<{ plan: Plan } | { plan: null; reason: string }> {
  try {
    return { plan: await make() };
  } catch (error) {
    if (!(error instanceof MpplanError && error.code === "wrong-budget")) throw error;
    return { plan: null, reason: error.what };
  }
}
