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
  /** The cost at which to cut the front first, where something is known already; default: the target. */
  readonly start?: number;
}

/** What a simulation shows of a plan, at the least. */
export interface SeenCost {
  readonly cost: number;
}

export interface FittedHybrid<R extends SeenCost = SeenCost> {
  readonly request: HybridRequest;
  readonly plan: Plan;
  /** What the tune samples showed. */
  readonly cost: number;
  /** Where the front was cut: what the profile expected the plan to cost. */
  readonly aim: number;
  /** What simulation showed of this very plan; null where it was not simulated. */
  readonly seen: R | null;
}

/** Runs plans on the tune samples and says what each cost. */
export type SimulateCost<R extends SeenCost = SeenCost> = (plans: readonly Plan[]) => Promise<readonly R[]>;

const rounds = 8;
const tolerance = 0.002;

/**
 * Fits all requests together, so that their simulations share work. A static plan costs what its front says and is
 * not simulated.
 * @throws PlannerError `wrong-budget` where even everyone's cheapest option costs more than the target.
 */
export async function fitHybrids<R extends SeenCost>(
  requests: readonly HybridRequest[],
  simulate: SimulateCost<R>,
): Promise<FittedHybrid<R>[]> {
  const searches = requests.map((request) => new Search<R>(request));
  for (let round = 0; round < rounds; round++) {
    const open = searches.filter((search) => !search.settled);
    if (open.length === 0) break;
    const results = await simulate(open.map((search) => search.plan));
    open.forEach((search, i) => search.learn(results[i]!));
  }
  return searches.map((search) => search.result());
}

class Search<R extends SeenCost> {
  plan: Plan;
  settled = false;
  private aim: number;
  private best: { plan: Plan; cost: number; aim: number; seen: R | null } | null = null;
  /** The largest aim known to keep the target, and the smallest known to exceed it. */
  private under = -Infinity;
  private over = Infinity;

  constructor(private readonly request: HybridRequest) {
    const { front, target, start = target } = request;
    // A target below the cheapest options is refused as it stands.
    this.aim = target < front.baseCost ? target : Math.max(front.baseCost, start);
    this.plan = this.planAt(this.aim);
    this.settle();
  }

  learn(seen: R): void {
    const { target } = this.request;
    const { cost } = seen;
    if (cost <= target + 1e-9) {
      if (!this.best || cost > this.best.cost) this.best = { plan: this.plan, cost, aim: this.aim, seen };
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
  result(): FittedHybrid<R> {
    const { request, best } = this;
    if (best) return { request, ...best };
    const { baseCost } = request.front;
    return { request, plan: this.planAt(baseCost), cost: baseCost, aim: baseCost, seen: null };
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
    if (!this.best || this.aim > this.best.cost) {
      this.best = { plan: this.plan, cost: this.aim, aim: this.aim, seen: null };
    }
    this.settled = true;
  }

  private planAt(aim: number): Plan {
    const { front, policy, target } = this.request;
    return { ...hybridAt(front, aim, policy), budget: { kind: "cost", value: target } };
  }
}
