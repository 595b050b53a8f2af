// Everything that one neuron may do, and which of it is worth considering: the lower convex hull of error over cost.
import { scoreEdge, type NeuronStatistics } from "@mpplan/ir";
import type { SiteEstimate } from "./estimate.js";

/** Static: one rung. Dynamic: rung `low` first, and `high` where the score exceeds the threshold. */
export type NeuronChoice =
  | { readonly kind: "static"; readonly use: number }
  | { readonly kind: "dynamic"; readonly low: number; readonly high: number; readonly threshold: number };

export interface NeuronOption {
  readonly choice: NeuronChoice;
  /** Per multiply-accumulate of the neuron, in units of the highest rung. */
  readonly cost: number;
  /** Weighted squared error, summed over the build samples. */
  readonly error: number;
}

export interface OptionContext {
  /** Cost of a multiply-accumulate per rung, in units of the highest. */
  readonly costs: readonly number[];
  /** Per rung, which of the profile's accumulators it is. */
  readonly measured: readonly number[];
  readonly dynamic: boolean;
  /** Rungs that the neuron may use. */
  readonly allowed: readonly number[];
}

/** The options that a Lagrange multiplier can pick, cheapest first: costs rise, errors fall, and the gain per cost too. */
export function hullOf(
  neuron: NeuronStatistics,
  index: number,
  estimate: SiteEstimate,
  context: OptionContext,
): NeuronOption[] {
  const { costs, measured, dynamic, allowed } = context;
  const options: NeuronOption[] = allowed.map((use) => ({
    choice: { kind: "static", use },
    cost: costs[use]!,
    error: estimate.rungs[index]![measured[use]!]!,
  }));
  if (dynamic && neuron.count > 0) {
    for (const low of allowed) {
      const above = allowed.filter((high) => high > low);
      if (above.length === 0) continue;
      const m = measured[low]!;
      const errors = estimate.curve(index, m);
      for (const high of above) {
        const found = thresholds(neuron, m, errors[0]!, errors[measured[high]! - m]!);
        for (const { threshold, share, error } of found) {
          options.push({
            choice: { kind: "dynamic", low, high, threshold },
            cost: costs[low]! + share * costs[high]!,
            error,
          });
        }
      }
    }
  }
  return lowerHull(options);
}

/** Every threshold between bins that hold anything: from recomputing only the top bin to recomputing all but one. */
function thresholds(
  neuron: NeuronStatistics,
  curve: number,
  kept: readonly number[],
  again: readonly number[],
): { threshold: number; share: number; error: number }[] {
  const { bins, counts } = neuron.curves[curve]!;
  let error = kept.reduce((sum, x) => sum + x, 0);
  let recomputed = 0;
  const found = [];
  for (let i = bins.length - 1; i > 0; i--) {
    error += again[i]! - kept[i]!;
    recomputed += counts[i]!;
    found.push({ threshold: scoreEdge(bins[i - 1]!), share: recomputed / neuron.count, error });
  }
  return found;
}

/** Andrew's monotone chain over (cost, error); of equal costs the smaller error. */
export function lowerHull(options: readonly NeuronOption[]): NeuronOption[] {
  const sorted = [...options].sort((a, b) => a.cost - b.cost || a.error - b.error);
  const hull: NeuronOption[] = [];
  for (const option of sorted) {
    if (hull.length > 0 && option.error >= hull.at(-1)!.error) continue;
    while (hull.length >= 2 && slope(hull.at(-2)!, hull.at(-1)!) <= slope(hull.at(-2)!, option)) hull.pop();
    hull.push(option);
  }
  return hull;
}

/** Error removed per cost added. */
export function slope(from: NeuronOption, to: NeuronOption): number {
  return (from.error - to.error) / (to.cost - from.cost);
}
