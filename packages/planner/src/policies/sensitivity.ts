// What a neuron's rounding does to the network's outputs: its squared error times the squared sensitivity of the
// outputs to it. One knapsack over the whole network, any ladder by marginal gain.
import type { SiteProfile } from "@mpplan/ir";
import { estimateSite, type EstimateKind, type SiteEstimate } from "../estimate.js";
import { lowerHull, slope, type NeuronOption } from "../neuron-options.js";
import { macsPerNeuron, share, type Policy, type PolicyContext } from "./policy.js";

/** Estimates and hulls are made once per planning session. */
type Known = WeakMap<PolicyContext, Map<SiteProfile, SiteEstimate>>;

function sensitivityBy(kind: EstimateKind, name: string, about: string): Policy {
  const known: Known = new WeakMap();
  const estimateOf = (site: SiteProfile, context: PolicyContext): SiteEstimate => {
    const sites = known.get(context) ?? new Map<SiteProfile, SiteEstimate>();
    known.set(context, sites);
    const estimate = sites.get(site) ?? estimateSite(site, kind);
    sites.set(site, estimate);
    return estimate;
  };
  return {
    name,
    about,
    tauUnit: "the root mean square error that the step takes from the outputs",
    claim(site, neuron, from, context) {
      const { measured, costs } = context;
      const errors = estimateOf(site, context).rungs[neuron]!;
      const options = measured.map((m, rung): NeuronOption => ({
        choice: { kind: "static", use: rung },
        cost: costs[rung]!,
        error: errors[m]!,
      }));
      // The segment of the hull over this step: a rung that is not worth a stop is passed together with the next.
      const hull = lowerHull(options);
      const end = hull.findIndex((option) => option.cost > costs[from]!);
      const count = Math.max(1, site.neurons[neuron]!.count);
      if (end < 1) return { value: 0, priority: 0 };
      return {
        value: Math.sqrt(Math.max(0, errors[measured[from]!]! - errors[measured[from + 1]!]!) / count),
        priority: slope(hull[end - 1]!, hull[end]!) / macsPerNeuron(site),
      };
    },
    because: (site, high, tau) =>
      `${share(high, site)} lose ${tau === null ? "most" : `more than ${tau}`} of the outputs' accuracy for their cost in low precision: squared error times squared sensitivity`,
  };
}

export const sensitivity = sensitivityBy(
  "mixed",
  "sensitivity",
  "high where squared error times squared sensitivity of the outputs gains most per multiply-accumulate; the error is the mean of the measured and the smooth estimate",
);

export const sensitivityMeasured = sensitivityBy(
  "measured",
  "sensitivity-measured",
  "the same with the error as it was measured: e^2 |S|^2",
);

export const sensitivityPartial = sensitivityBy(
  "partial",
  "sensitivity-partial",
  "the same from squared partial sums, without emulation: c^2 u^2 Q phi'^2 |S|^2",
);

export const sensitivityUlp = sensitivityBy(
  "ulp",
  "sensitivity-ulp",
  "the same from the ulps of partial sums, without emulation: sum ulp^2/12 phi'^2 |S|^2",
);
