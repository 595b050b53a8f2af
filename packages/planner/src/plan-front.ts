// The front of a static policy: every neuron's steps up the ladder in the order in which they deserve it.
// Pure; any budget is then a cut through the list.
import {
  costTable,
  type Accumulator,
  type Budget,
  type Choice,
  type Costs,
  type Decision,
  type Plan,
  type Profile,
} from "@mpplan/ir";
import { PlannerError } from "./errors.js";
import { assemble, decisionOf, forcedReason, measuredRungs, type PlanOptions } from "./plans.js";
import { macsPerNeuron, type Policy } from "./policies/policy.js";

/** Why a step is taken whatever the policy says: sums clip on the rung below, or the site shall be high. */
export type Forced = "asked" | "clipped" | null;

/** Budgets are sums of many shares: this much is rounding. */
const slack = 1e-12;

/** One neuron's step from one rung of the ladder to the next. */
export interface Upgrade {
  readonly site: number;
  readonly neuron: number;
  readonly from: number;
  /** What a tau is compared with; Infinity where clipping decides before any ranking. */
  readonly value: number;
  readonly priority: number;
  /** `clipped` and `asked` come before any ranking, in this order. */
  readonly forced: Forced;
  /** Modelled cost that the step adds, in units of uniform high. */
  readonly cost: number;
  /** Share of all multiply-accumulates that the step moves to the highest rung. */
  readonly high: number;
}

export interface PlanFront {
  readonly policy: Policy;
  readonly profile: Profile;
  readonly options: PlanOptions;
  /** Modelled cost of everything on the lowest rung. */
  readonly baseCost: number;
  /** In the order in which they are taken. */
  readonly upgrades: readonly Upgrade[];
}

/**
 * Orders all steps of all neurons. Neurons whose low sums clipped on the build samples come first whatever the
 * policy says: no ranking by rounding error speaks of them.
 */
export function planFront(profile: Profile, policy: Policy, options: PlanOptions): PlanFront {
  const { accumulators } = options;
  const costs = costTable(accumulators, options.costs);
  const total = profile.sites.reduce((sum, site) => sum + site.macs, 0);
  const measured = measuredRungs(profile, options);
  const context = {
    sites: profile.sites,
    ladder: accumulators,
    measured,
    costs: accumulators.map((_, rung) => relativeCost(accumulators, costs, rung)),
    seed: options.seed,
  };
  const upgrades: Upgrade[] = [];
  profile.sites.forEach((site, s) => {
    const share = total === 0 ? 0 : macsPerNeuron(site) / total;
    site.neurons.forEach((statistics, neuron) => {
      let limit = Infinity;
      let forced: Forced = "asked";
      for (let from = 0; from + 1 < accumulators.length; from++) {
        const clips = (statistics.rungs[measured[from]!]?.clipped ?? 0) > 0;
        const must = options.forceHigh?.(site.site) ? "asked" : clips ? "clipped" : null;
        const claim = must
          ? { value: Infinity, priority: Infinity }
          : policy.claim(site, neuron, from, context);
        if (!claim) break;
        // A step never overtakes the one below it.
        limit = Math.min(limit, orZero(claim.priority));
        forced = forced && must;
        upgrades.push({
          site: s,
          neuron,
          from,
          value: claim.value,
          priority: limit,
          forced,
          cost:
            share * (relativeCost(accumulators, costs, from + 1) - relativeCost(accumulators, costs, from)),
          high: from + 2 === accumulators.length ? share : 0,
        });
      }
    });
  });
  upgrades.sort(
    (a, b) =>
      rank(b) - rank(a) ||
      b.priority - a.priority ||
      a.site - b.site ||
      a.neuron - b.neuron ||
      a.from - b.from,
  );
  return { policy, profile, options, baseCost: relativeCost(accumulators, costs, 0), upgrades };
}

function rank({ forced }: Upgrade): number {
  return forced === "asked" ? 2 : forced === "clipped" ? 1 : 0;
}

/**
 * The plan that a budget buys. Of a cost or a share as much is used as fits, in the front's order; a tau takes
 * every step whose value is above it.
 * @throws PlannerError `wrong-budget` for a tau where the policy has none, or for a cost or share that does not pay
 * for uniform low and what was asked to be high.
 */
export function planAt(front: PlanFront, budget: Budget): Plan {
  const { profile, options, policy } = front;
  const measured = measuredRungs(profile, options);
  const clips = (s: number, neuron: number, rung: number): boolean =>
    (profile.sites[s]!.neurons[neuron]!.rungs[measured[rung] ?? -1]?.clipped ?? 0) > 0;
  const rungs = profile.sites.map((site) => new Uint8Array(site.neurons.length));
  for (const upgrade of taken(front, budget)) {
    // A step whose lower step did not fit is not taken either.
    if (rungs[upgrade.site]![upgrade.neuron] === upgrade.from) rungs[upgrade.site]![upgrade.neuron]!++;
  }
  // No neuron is left on a rung where it clips if it did not on the one below: formats may trade range for precision.
  rungs.forEach((site, s) =>
    site.forEach((rung, n) => {
      if (rung > 0 && clips(s, n, rung) && !clips(s, n, rung - 1)) site[n] = rung - 1;
    }),
  );
  const tau = budget.kind === "tau" ? budget.value : null;
  const decisions = profile.sites.map((site, s) => {
    const moved = rungs[s]!.reduce((count, rung) => count + (rung > 0 ? 1 : 0), 0);
    const clipped = site.neurons.filter((_, n) => clips(s, n, 0)).length;
    const because = options.forceHigh?.(site.site)
      ? forcedReason
      : policy.because(site, moved, tau) +
        (clipped > 0 ? `; ${clipped} clip in low precision and come first` : "");
    return decisionOf(site, runs(rungs[s]!), because);
  });
  return assemble(profile, options, { mode: "static", policy: policy.name, budget, decisions });
}

function taken(front: PlanFront, budget: Budget): readonly Upgrade[] {
  const { upgrades, policy, baseCost } = front;
  switch (budget.kind) {
    case "none":
      return upgrades;
    case "tau":
      if (policy.tauUnit === null) {
        throw new PlannerError("wrong-budget", {
          what: `The policy "${policy.name}" draws at random and knows no tau`,
          where: "the budget",
          next: "give it a cost or a share: --budget 0.75 or --max-high 0.5",
        });
      }
      return upgrades.filter((u) => u.value > budget.value);
    case "cost":
      if (budget.value < baseCost - slack) {
        throw new PlannerError("wrong-budget", {
          what: `A modelled cost of ${budget.value} cannot be kept: everything in low precision costs ${round(baseCost)} already`,
          where: "the budget",
          next: `ask for a cost between ${round(baseCost)} and 1, or for a cheaper low format`,
        });
      }
      return fill(upgrades, (u) => u.cost, budget.value, baseCost);
    case "share":
      return fill(upgrades, (u) => u.high, budget.value, 0);
    case "error":
    case "flips":
      throw new PlannerError("wrong-budget", {
        what: "A largest error or rate of flips is no budget of a front: it is searched over costs by simulation",
        where: "the budget",
        next: "give a cost, a share or a tau",
      });
    default:
      return budget satisfies never;
  }
}

/** Takes what still fits, first come first served. A step is passed over where the one below it was. */
function fill(
  upgrades: readonly Upgrade[],
  weight: (u: Upgrade) => number,
  budget: number,
  base: number,
): Upgrade[] {
  const asked = upgrades.filter((u) => u.forced === "asked").reduce((sum, u) => sum + weight(u), base);
  if (asked > budget + slack) {
    throw new PlannerError("wrong-budget", {
      what: `A budget of ${budget} cannot be kept: the sums that shall be in high precision come to ${round(asked)}`,
      where: "the budget",
      next: `allow at least ${round(asked)}, or ask for fewer sums in high precision`,
    });
  }
  let spent = base;
  const stuck = new Set<string>();
  return upgrades.filter((u) => {
    const neuron = `${u.site}|${u.neuron}`;
    if (stuck.has(neuron) || spent + weight(u) > budget + slack) {
      stuck.add(neuron);
      return false;
    }
    spent += weight(u);
    return true;
  });
}

function relativeCost(accumulators: readonly Accumulator[], costs: Costs, rung: number): number {
  return costs[accumulators[rung]!.format]! / costs[accumulators.at(-1)!.format]!;
}

/** Rungs as half-open runs of equal choices. */
function runs(rungs: Uint8Array): Decision["ranges"] {
  const ranges: { start: number; end: number; choice: Choice }[] = [];
  rungs.forEach((use, neuron) => {
    const last = ranges.at(-1);
    if (last?.choice.mode === "static" && last.choice.use === use) last.end = neuron + 1;
    else ranges.push({ start: neuron, end: neuron + 1, choice: { mode: "static", use } });
  });
  return ranges;
}

/** A neuron of which nothing is known ranks last. */
function orZero(priority: number): number {
  return Number.isNaN(priority) ? 0 : priority;
}

function round(x: number): number {
  return Number(x.toPrecision(4));
}
