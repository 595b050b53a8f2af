// Finds the thresholds at which dynamic rules reach given costs. The profile guesses, simulation on tune samples
// decides: v_low lies on a coarse grid, so a rule's cost moves in steps, and the step below the target is taken.
import type { Plan, Profile } from "@mpplan/ir";
import { dynamicPlan, type PlanOptions } from "./plans.js";
import { expectedFraction, type Rule } from "./rules/rule.js";

export interface FitRequest {
  readonly rule: Rule;
  /** The share of multiply-accumulates to recompute: the target cost less what the rule costs anyway. */
  readonly fraction: number;
}

export interface Fitted {
  readonly request: FitRequest;
  readonly threshold: number;
  readonly plan: Plan;
  /** The share that the tune samples showed. */
  readonly fraction: number;
}

/** Runs plans on the tune samples and says which share of multiply-accumulates each did in high precision. */
export type Simulate = (plans: readonly Plan[]) => Promise<readonly { readonly fractionHigh: number }[]>;

const rounds = 12;
const tolerance = 0.002;

/** Fits all requests together, so that their simulations share work. The result never exceeds its target on tune. */
export async function fitThresholds(
  profile: Profile,
  requests: readonly FitRequest[],
  options: PlanOptions,
  simulate: Simulate,
): Promise<Fitted[]> {
  const searches = requests.map((request) => new Search(profile, request));
  for (let round = 0; round < rounds; round++) {
    const open = searches.filter((search) => !search.settled);
    if (open.length === 0) break;
    const plans = open.map((search) => dynamicPlan(profile, search.request.rule, search.threshold, options));
    const results = await simulate(plans);
    open.forEach((search, i) => search.learn(results[i]!.fractionHigh));
  }
  return searches.map((search) => {
    const { threshold, fraction } = search.best();
    return {
      request: search.request,
      threshold,
      fraction,
      plan: dynamicPlan(profile, search.request.rule, threshold, options),
    };
  });
}

/** Bisection in log tau (or in the share), from the profile's guess outwards. */
class Search {
  /** Thresholds known to recompute too much, and not too much. */
  private over: number | null = null;
  private under: { threshold: number; fraction: number } | null = null;
  private stride = 1.15;
  threshold: number;
  settled = false;

  constructor(
    profile: Profile,
    readonly request: FitRequest,
  ) {
    const { rule, fraction } = request;
    this.threshold =
      rule.threshold === "share" ? guessShare(rule, profile, fraction) : guessTau(rule, profile, fraction);
  }

  learn(fraction: number): void {
    const target = this.request.fraction;
    const more = this.request.rule.threshold === "share";
    if (fraction <= target) {
      if (!this.under || fraction >= this.under.fraction)
        this.under = { threshold: this.threshold, fraction };
      if (target - fraction <= tolerance || (more && this.threshold >= 1)) this.settled = true;
    } else {
      this.over = this.threshold;
    }
    if (this.settled) return;
    if (this.over === null || this.under === null) {
      const recomputeMore = this.over === null;
      this.threshold *= recomputeMore === more ? this.stride : 1 / this.stride;
      if (more) this.threshold = Math.min(1, this.threshold);
      this.stride *= this.stride;
    } else {
      this.threshold = Math.sqrt(this.over * this.under.threshold);
      // Two thresholds this close have nothing but one grid value between them.
      if (Math.abs(Math.log(this.over / this.under.threshold)) < 0.004) this.settled = true;
    }
  }

  best(): { threshold: number; fraction: number } {
    if (this.under) return this.under;
    // Nothing at or below the target was found: recompute as little as the rule can.
    return this.request.rule.threshold === "share"
      ? { threshold: 0, fraction: 0 }
      : { threshold: Number.MAX_VALUE, fraction: NaN };
  }
}

function guessTau(rule: Rule, profile: Profile, fraction: number): number {
  let [low, high] = [2 ** -60, 2 ** 60];
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(low * high);
    if (expectedFraction(rule, profile, middle) > fraction) low = middle;
    else high = middle;
  }
  return high;
}

function guessShare(rule: Rule, profile: Profile, fraction: number): number {
  const all = expectedFraction(rule, profile, 1);
  return all === 0 ? 1 : Math.min(1, Math.max(1e-6, fraction / all));
}
