// Settings as one-line sentences, for the echo.
import type { Budget } from "@mpplan/ir";
import { policyNamed, ruleNamed } from "@mpplan/planner";
import { defaultBudget, defaultPolicy } from "../make-plan.js";
import type { DecisionFlags } from "./options.js";

/** What decides, and within which budget. */
export function decisionLines(
  { policy, rule }: DecisionFlags,
  budget: Budget | undefined,
): Record<string, string> {
  if (policy === "uniform") return { decides: "policy uniform: every sum in the high format" };
  const chosen = policyNamed(policy ?? defaultPolicy);
  return {
    decides:
      rule === undefined
        ? `policy ${chosen.name}: ${chosen.about}`
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
    default:
      return budget satisfies never;
  }
}
