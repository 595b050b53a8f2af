// What the search for a budget is given: something that makes plans of one kind.
import type { Evaluation } from "@mpplan/calibration";
import type { Budget, Plan } from "@mpplan/ir";

/** What a plan can be made for at once; the others are searches over costs. */
export type PlainBudget = Exclude<Budget, { kind: "error" | "flips" }>;

/** A plan, and what the tune samples showed of it where they were run to make it. */
export interface MadePlan {
  readonly plan: Plan;
  readonly tuned?: Evaluation;
}

/** Makes plans of one kind for one budget after another. */
export interface PlanMaker {
  at(budget: PlainBudget): Promise<MadePlan>;
  /** The cheapest cost that it can keep. */
  readonly least: number;
  /** True where tune samples chose among plans by their errors: the prediction on them is then a little too good. */
  readonly chooses: boolean;
}
