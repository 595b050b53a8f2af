// Settings as one-line sentences, for the echo.
import type { Budget } from "@mpplan/ir";
import { policyNamed, ruleNamed } from "@mpplan/planner";
import { defaultBudget } from "../make-plan.js";
import { defaultPolicy, mixedPolicies } from "../plan-makers.js";
import type { DecisionFlags } from "./options.js";

/** What decides, and within which budget. */
export function decisionLines(
  { policy, rule }: DecisionFlags,
  budget: Budget | undefined,
): Record<string, string> {
  if (policy === "uniform") return { decides: "policy uniform: every sum in the high format" };
  const name = policy ?? defaultPolicy;
  return {
    decides:
      rule === undefined
        ? `policy ${name}: ${mixedPolicies[name] ?? policyNamed(name).about}`
        : `rule ${rule}: ${ruleNamed(rule).about}`,
    budget: budgetLine(budget ?? defaultBudget),
  };
}

function budgetLine(budget: Budget): string {
  switch (budget.kind) {
    case "none":
      return "none";
    case "tau":
      return `tau ${budget.value}`;
    case "cost":
      return `modelled cost ${budget.value} (1 = everything high)`;
    case "share":
      return `share ${budget.value} of multiply-accumulates in high precision`;
    case "error":
      return `relative error of the outputs at most ${budget.value}, as cheaply as possible`;
    case "flips":
      return `flips in at most ${Number((100 * budget.value).toPrecision(6))} % of samples, at ${100 * budget.confidence} % confidence`;
    default:
      return budget satisfies never;
  }
}
