// What a static policy is: an order in which neurons deserve a better accumulator, with a reason for it.
import type { Accumulator, NeuronStatistics, SiteProfile } from "@mpplan/ir";

/** Everything a policy may look at. It reads, and decides nothing else than an order. */
export interface PolicyContext {
  readonly sites: readonly SiteProfile[];
  /** The ladder, cheapest first; a neuron starts on the first rung. */
  readonly ladder: readonly Accumulator[];
  /** Per rung, which of the profile's accumulators it is. */
  readonly measured: readonly number[];
  /** Per rung, the cost of a multiply-accumulate in units of the highest. */
  readonly costs: readonly number[];
  readonly seed: number;
}

/** One neuron's case for one step up the ladder. */
export interface Claim {
  /** What `--tau` is compared with: the step is taken where this is larger. NaN where the policy knows no tau. */
  readonly value: number;
  /** Who comes first when a budget is shared out: the larger. */
  readonly priority: number;
}

export interface Policy {
  readonly name: string;
  /** What it does, in one sentence, for people. */
  readonly about: string;
  /** A yardstick rather than an advice. */
  readonly control?: true;
  /** In what `value` is measured; null where a tau makes no sense. */
  readonly tauUnit: string | null;
  /** The case of a neuron for leaving rung `from`; null where it should never leave it. */
  claim(site: SiteProfile, neuron: number, from: number, context: PolicyContext): Claim | null;
  /** Why a site is as it is, in a sentence; `high` of its `neurons` were moved up. */
  because(site: SiteProfile, high: number, threshold: number | null): string;
}

export function statistics(site: SiteProfile, neuron: number): NeuronStatistics {
  return site.neurons[neuron]!;
}

/** Multiply-accumulates that one neuron of the site stands for. */
export function macsPerNeuron(site: SiteProfile): number {
  return site.neurons.length === 0 ? 0 : site.macs / site.neurons.length;
}

export function share(high: number, site: SiteProfile): string {
  return `${high} of ${site.neurons.length} neurons`;
}
