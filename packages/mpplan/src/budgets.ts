// What a budget leaves to decide: costs that are paid anyway, and budgets that cannot be kept.
import type { Budget, Profile } from "@mpplan/ir";
import { PlannerError, uniformPlan, type PlanOptions, type Rule } from "@mpplan/planner";

/** Low passes that a dynamic rule pays for every component: the sum, and |W||h| where the test needs it. */
export function passesOf(rule: Rule): number {
  return rule.needsMagnitude ? 2 : 1;
}

/** How much a dynamic rule may have in high precision within a budget: what it costs anyway is paid first. */
export function dynamicFraction(budget: Budget, profile: Profile, options: PlanOptions, rule: Rule): number {
  if (budget.kind === "share") return budget.value;
  if (budget.kind !== "cost") return 1;
  const forced = forcedShare(profile, options);
  return budget.value - leastCost(profile, options, passesOf(rule)) + forced;
}

/** The modelled cost of a plan that moves nothing up: low everywhere, but for the sites that are kept high. */
export function leastCost(profile: Profile, options: PlanOptions, passes: number): number {
  const { costs } = uniformPlan(profile, 0, options);
  const low = costs[options.accumulators[0]!.format]! / costs[options.accumulators.at(-1)!.format]!;
  const forced = forcedShare(profile, options);
  return passes * low * (1 - forced) + forced;
}

/** The share of multiply-accumulates that --include and --exclude keep in high precision. */
export function forcedShare({ sites }: Profile, { forceHigh }: PlanOptions): number {
  const macs = (some: Profile["sites"]): number => some.reduce((sum, site) => sum + site.macs, 0);
  return forceHigh ? macs(sites.filter((site) => forceHigh(site.site))) / Math.max(1, macs(sites)) : 0;
}

export function checkLeast(budget: number, least: number, kind: "cost" | "share"): void {
  if (budget >= least - 1e-12) return;
  const rounded = Number(least.toPrecision(4));
  throw new PlannerError("wrong-budget", {
    what:
      kind === "cost"
        ? `A modelled cost of ${budget} cannot be kept: with nothing moved up it is ${rounded} already`
        : `A share of ${budget} cannot be kept: what stays in high precision, as asked, has ${rounded} already`,
    where: "the budget",
    next: `allow at least ${rounded}, or leave more to the plan with --include and --exclude`,
  });
}
