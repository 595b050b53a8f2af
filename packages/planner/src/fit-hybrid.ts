// Keeps hybrid plans within their cost: the profile expects it, simulation on tune samples measures it, and what is
// over or left is corrected in the target.
import type { Plan } from "@mpplan/ir";
import { hybridAt, type HybridFront } from "./hybrid-front.js";
import { PlannerError } from "./errors.js";

export interface HybridRequest {
  readonly front: HybridFront;
  /** The modelled cost that simulation shall not exceed. */
  readonly target: number;
  /** The name that the plan goes by. */
  readonly policy?: string;
}

export interface FittedHybrid {
  readonly request: HybridRequest;
  readonly plan: Plan;
  /** What the tune samples showed. */
  readonly cost: number;
}

/** Runs plans on the tune samples and says what each cost. */
export type SimulateCost = (plans: readonly Plan[]) => Promise<readonly { readonly cost: number }[]>;

const rounds = 5;
const tolerance = 0.002;

/**
 * Fits all requests together, so that their simulations share work. A static plan costs what its front says and is
 * not simulated.
 * @throws PlannerError `wrong-budget` where even the cheapest plan of a front costs more than its target.
 */
export async function fitHybrids(
  requests: readonly HybridRequest[],
  simulate: SimulateCost,
): Promise<FittedHybrid[]> {
  const searches = requests.map((request) => new Search(request));
  for (let round = 0; round < rounds; round++) {
    const open = searches.filter((search) => !search.settled);
    if (open.length === 0) break;
    const results = await simulate(open.map((search) => search.plan));
    open.forEach((search, i) => search.learn(results[i]!.cost));
  }
  return searches.map((search) => search.result());
}

class Search {
  plan: Plan;
  settled = false;
  private aim: number;
  private best: { plan: Plan; cost: number } | null = null;
  private least = Infinity;

  constructor(private readonly request: HybridRequest) {
    const { front, target } = request;
    this.aim = target;
    this.plan = this.planNow();
    if (front.baseCost > target || this.plan.mode !== "static") return;
    this.best = { plan: this.plan, cost: target };
    this.settled = true;
  }

  learn(cost: number): void {
    const { front, target } = this.request;
    this.least = Math.min(this.least, cost);
    if (cost <= target + 1e-9) {
      if (!this.best || cost > this.best.cost) this.best = { plan: this.plan, cost };
      this.settled = target - cost <= tolerance;
    }
    if (this.settled) return;
    // A little further than the miss where it is over, a little less where something is left.
    const next = Math.max(front.baseCost, this.aim + (target - cost) * (cost > target ? 1.1 : 0.9));
    this.settled = next === this.aim;
    this.aim = next;
    this.plan = this.planNow();
  }

  result(): FittedHybrid {
    const { request, best } = this;
    if (best) return { request, ...best };
    const least = Number(this.least.toPrecision(4));
    throw new PlannerError("wrong-budget", {
      what: `A modelled cost of ${request.target} cannot be kept: the cheapest hybrid plan costs ${least} on the tuning samples`,
      where: "the budget",
      next: `allow at least ${least}`,
    });
  }

  private planNow(): Plan {
    const { front, policy, target } = this.request;
    const plan = hybridAt(front, this.aim, policy);
    return { ...plan, budget: { kind: "cost", value: target } };
  }
}
