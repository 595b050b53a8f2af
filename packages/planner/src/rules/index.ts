// All dynamic rules, one line each.
import { PlannerError } from "../errors.js";
import { contribution } from "./contribution.js";
import { kappa, kappaFull } from "./kappa.js";
import { random, randomLive } from "./random.js";
import type { Rule } from "./rule.js";

export const rules: readonly Rule[] = [contribution, kappa, kappaFull, random, randomLive];

/** @throws PlannerError `unknown-rule`, naming those there are. */
export function ruleNamed(name: string): Rule {
  const rule = rules.find((r) => r.name === name);
  if (rule) return rule;
  throw new PlannerError("unknown-rule", {
    what: `There is no dynamic rule "${name}"`,
    where: "the choice of a rule",
    next: `use one of: ${rules.map((r) => r.name).join(", ")}`,
  });
}
