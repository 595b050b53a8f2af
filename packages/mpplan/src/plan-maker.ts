// What the search for a budget is given: something that makes plans of one kind.
import type { Budget, Plan } from "@mpplan/ir";

/** What a plan can be made for at once; the others are searches over costs. */
export type PlainBudget = Exclude<Budget, { kind: "error" | "flips" }>;

/** Makes plans of one kind for one budget after another. */
export interface PlanMaker {
  at(budget: PlainBudget): Promise<Plan>;
  /** The cheapest cost that it can keep. */
  readonly least: number;
  /** True where tune samples chose among plans by their errors: the prediction on them is then a little too good. */
  readonly chooses: boolean;
}
