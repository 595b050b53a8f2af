// Keeps hybrid plans within their cost: the profile expects it, simulation on tune samples measures it, and what is
// over or left is corrected in the target.
import type { Plan } from "@mpplan/ir";
import { hybridAt, type HybridFront } from "./hybrid-front.js";

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

const rounds = 8;
const tolerance = 0.002;

/**
 * Fits all requests together, so that their simulations share work. A static plan costs what its front says and is
 * not simulated.
 * @throws PlannerError `wrong-budget` where even everyone's cheapest option costs more than the target.
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
  /** The largest aim known to keep the target, and the smallest known to exceed it. */
  private under = -Infinity;
  private over = Infinity;

  constructor(private readonly request: HybridRequest) {
    this.aim = request.target;
    this.plan = this.planAt(this.aim);
    this.settle();
  }

  learn(cost: number): void {
    const { target } = this.request;
    if (cost <= target + 1e-9) {
      if (!this.best || cost > this.best.cost) this.best = { plan: this.plan, cost };
      this.under = Math.max(this.under, this.aim);
      this.settled = target - cost <= tolerance;
    } else {
      this.over = Math.min(this.over, this.aim);
    }
    if (this.settled) return;
    this.aim = this.next(cost);
    this.settled = !(this.aim > this.under && this.aim < this.over);
    if (this.settled) return;
    this.plan = this.planAt(this.aim);
    this.settle();
  }

  /** What is kept is the best that was seen; else the cheapest options of all, which run no test. */
  result(): FittedHybrid {
    const { request, best } = this;
    if (best) return { request, ...best };
    const { baseCost } = request.front;
    return { request, plan: this.planAt(baseCost), cost: baseCost };
  }

  /** A little further than the miss where it is over, a little less where something is left; halfway beyond a bracket. */
  private next(cost: number): number {
    const { front, target } = this.request;
    const least = Math.max(front.baseCost, this.under);
    const wanted = this.aim + (target - cost) * (cost > target ? 1.1 : 0.9);
    return wanted > least && wanted < this.over ? wanted : (least + Math.min(this.over, 1)) / 2;
  }

  /** A plan without tests costs what its front says. */
  private settle(): void {
    if (this.plan.mode !== "static") return;
    if (!this.best || this.aim > this.best.cost) this.best = { plan: this.plan, cost: this.aim };
    this.settled = true;
  }

  private planAt(aim: number): Plan {
    const { front, policy, target } = this.request;
    return { ...hybridAt(front, aim, policy), budget: { kind: "cost", value: target } };
  }
}
