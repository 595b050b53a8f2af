// Settings as one-line sentences, for the echo.
import type { Budget } from "@mpplan/ir";
import { policyNamed, ruleNamed } from "@mpplan/planner";
import { UsageError } from "../errors.js";
import { defaultPolicy } from "../pipeline.js";
import type { DecisionFlags } from "./options.js";

/** @throws UsageError where a policy and a rule are both given. */
export function decisionLine({ policy, rule }: DecisionFlags): string {
  if (policy !== undefined && rule !== undefined) {
    throw new UsageError("conflicting-options", {
      what: "A static policy and a dynamic rule are both given",
      where: "--policy and --rule",
      next: "give one of them, or use mpplan compare to see both",
    });
  }
  if (rule !== undefined) return `rule ${rule}: ${ruleNamed(rule).about}`;
  if (policy === "uniform") return "policy uniform: every sum in the high format";
  const chosen = policyNamed(policy ?? defaultPolicy);
  return `policy ${chosen.name}: ${chosen.about}`;
}

export function budgetLine(budget: Budget): string {
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
