// The modelled cost: what a run would cost on hardware whose price per multiply-accumulate is a table.
// It is a model, MAC-weighted, 1 = everything in the high format; it says nothing of measured time, or of additions.
import { formatNamed } from "@mpplan/formats";
import type { Accumulator } from "./precision.js";
import type { ExecutedSite } from "./report.js";
import type { Costs } from "./shared.js";
import type { Decision, Plan } from "./plan.js";

/** Cost of one multiply-accumulate per format: by default its bits. An entry of `overrides` replaces it. */
export function costTable(accumulators: readonly Accumulator[], overrides: Costs = {}): Costs {
  const names = [...new Set(accumulators.map((a) => a.format))].sort();
  return Object.fromEntries(names.map((name) => [name, overrides[name] ?? formatNamed(name).bits]));
}

/** What a run really cost and how much of it was high precision, from what the sites executed. */
export interface MeasuredCost {
  /** In units of uniform high. */
  readonly cost: number;
  /** rho: MACs done in the high format over all MACs of one pass. */
  readonly fractionHigh: number;
}

/**
 * The accumulators that count as high: all that have the format of the last one, whatever their orders. A plan may
 * choose among several of one format, such as block lengths, site by site.
 */
export function highAccumulators(accumulators: readonly Accumulator[]): ReadonlySet<number> {
  const high = accumulators.at(-1)?.format;
  return new Set(accumulators.flatMap((a, id) => (a.format === high ? [id] : [])));
}

/**
 * Sums c(format) x MACs over what was executed, in units of the same network all in the format of the plan's last
 * accumulator. A component that was recomputed is charged for both passes: r + rho; a static one for its own:
 * r + (1 - r) rho, where r = c(low)/c(high). |W||h| for `kappa-full` is charged like the low pass that it goes with.
 * Sums of plain values have no multiply-accumulates: they count neither as cost nor as high precision.
 */
export function measuredCost(plan: Plan, executed: readonly ExecutedSite[]): MeasuredCost {
  const high = highAccumulators(plan.accumulators);
  const costOf = (id: number): number => plan.costs[plan.accumulators[id]!.format]!;
  const unit = costOf(plan.accumulators.length - 1);
  const decisions = new Map(plan.decisions.map((d) => [d.site, d]));
  let spent = 0;
  let inHigh = 0;
  let all = 0;
  for (const site of executed) {
    const decision = decisions.get(site.site);
    if (decision?.term === "value") continue;
    const length = decision?.length ?? 0;
    all += length * site.total;
    site.components.forEach((count, id) => {
      spent += length * count * costOf(id);
      if (high.has(id)) inHigh += length * count;
    });
    if (decision && site.magnitudes > 0) spent += length * site.magnitudes * magnitudeCost(decision, costOf);
  }
  return all === 0
    ? { cost: 0, fractionHigh: 0 }
    : { cost: spent / (all * unit), fractionHigh: inHigh / all };
}

/** What one |W||h| term costs: its neuron's low accumulator, averaged; every neuron has equally many components. */
function magnitudeCost({ ranges }: Decision, costOf: (id: number) => number): number {
  let neurons = 0;
  let cost = 0;
  for (const { start, end, choice } of ranges) {
    if (choice.mode !== "dynamic" || choice.test.rule !== "kappa-full") continue;
    neurons += end - start;
    cost += (end - start) * costOf(choice.low);
  }
  return neurons === 0 ? 0 : cost / neurons;
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
