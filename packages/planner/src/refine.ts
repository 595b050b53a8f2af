// The last step of planning: the plan is simulated on tune samples, and says what it is expected to lose.
import type { Budget, Plan, Prediction } from "@mpplan/ir";
import { planAt, type PlanFront } from "./plan-front.js";

/** Runs one plan on the tune samples. */
export type Predict = (plan: Plan) => Promise<Omit<Prediction, "guarantee">>;

/** The plan that the budget buys, with the error that samples not used to build it showed. */
export async function refine(front: PlanFront, budget: Budget, predict: Predict): Promise<Plan> {
  return withPrediction(planAt(front, budget), predict);
}

/**
 * The plan with what it loses on samples that were not used to build it. `chosen`: they were used to choose it among
 * others by its error, so that the figure is an observation and no promise.
 */
export async function withPrediction(plan: Plan, predict: Predict, chosen = false): Promise<Plan> {
  return { ...plan, predicted: { ...(await predict(plan)), guarantee: chosen ? "observed" : "calibrated" } };
}
