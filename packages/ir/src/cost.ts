// The modelled cost: what a run would cost on hardware whose price per multiply-accumulate is a table.
// It is a model, MAC-weighted, 1 = everything in the high format; it says nothing of measured time.
import { formatNamed } from "@mpplan/formats";
import type { Accumulator } from "./precision.js";
import type { ExecutedSite } from "./report.js";
import type { Costs } from "./shared.js";
import type { Plan } from "./plan.js";

/** Cost of one multiply-accumulate per format: by default its bits. An entry of `overrides` replaces it. */
export function costTable(accumulators: readonly Accumulator[], overrides: Costs = {}): Costs {
  const names = [...new Set(accumulators.map((a) => a.format))].sort();
  return Object.fromEntries(names.map((name) => [name, overrides[name] ?? formatNamed(name).bits]));
}

/** What a run really cost and how much of it was high precision, from what the sites executed. */
export interface MeasuredCost {
  /** In units of uniform high. */
  readonly cost: number;
  /** rho: MACs done in the high accumulator over all MACs of one pass. */
  readonly fractionHigh: number;
}

/**
 * Sums c(format) x MACs over what was executed, in units of the same network all in the plan's last
 * accumulator. A component that was recomputed is charged for both passes: r + rho; a static one for its own:
 * r + (1 - r) rho, where r = c(low)/c(high). |W||h| for `kappa-full` is charged like a low pass.
 */
export function measuredCost(plan: Plan, executed: readonly ExecutedSite[]): MeasuredCost {
  const high = plan.accumulators.length - 1;
  const unit = plan.costs[plan.accumulators[high]!.format]!;
  const lengths = new Map(plan.decisions.map((d) => [d.site, d.length]));
  let spent = 0;
  let inHigh = 0;
  let all = 0;
  for (const site of executed) {
    const length = lengths.get(site.site) ?? 0;
    all += length * site.total;
    site.components.forEach((count, id) => {
      spent += length * count * plan.costs[plan.accumulators[id]!.format]!;
      if (id === high) inHigh += length * count;
    });
    spent += length * site.magnitudes * plan.costs[plan.accumulators[0]!.format]!;
  }
  return all === 0
    ? { cost: 0, fractionHigh: 0 }
    : { cost: spent / (all * unit), fractionHigh: inHigh / all };
}

/** Adds up what several runs executed, site by site. */
export function addExecuted(total: readonly ExecutedSite[], run: readonly ExecutedSite[]): ExecutedSite[] {
  if (total.length === 0) return run.map((site) => ({ ...site, components: [...site.components] }));
  return total.map((site, i) => {
    const more = run[i];
    if (!more) return site;
    return {
      ...site,
      components: site.components.map((count, id) => count + (more.components[id] ?? 0)),
      recomputed: site.recomputed + more.recomputed,
      magnitudes: site.magnitudes + more.magnitudes,
      total: site.total + more.total,
    };
  });
}
