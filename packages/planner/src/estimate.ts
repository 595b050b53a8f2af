// What the profile expects each neuron to lose on each rung: the weighted squared error of the network's outputs,
// summed over the build samples. Estimates rank; only a simulation predicts (science of E4M3: errors add coherently).
import type { ExactSum, NeuronStatistics, RungStatistics, ScoreCurve, SiteProfile } from "@mpplan/ir";
import { formatNamed, unitRoundoff } from "@mpplan/formats";

/**
 * How a neuron's squared error is told.
 * - `measured`: e^2 |S|^2, as it was seen. Knows stagnation, starves neurons that rarely fire.
 * - `partial`: c^2 u^2 Q phi'^2 |S|^2 with c^2 = 0.154, roundings independent: needs no emulation.
 * - `ulp`: sum ulp^2/12 phi'^2 |S|^2, which covers subnormals too.
 * - `mixed`: the mean of the measured and the smooth estimate, the latter scaled per site and rung to the measured
 *   sum. The only one without a bad case, so the default.
 */
export type EstimateKind = "mixed" | "measured" | "partial" | "ulp";

/** Log-uniform mantissas: the mean square of a rounding error over u^2 T^2. */
const roundingConstant = 0.154;

/** The estimates of one site. */
export interface SiteEstimate {
  /** [neuron][rung] */
  readonly rungs: readonly (readonly number[])[];
  /** The same, split by the bins of a neuron's curve: [rung - curve][bin]. */
  curve(neuron: number, rung: number): readonly (readonly number[])[];
}

export function estimateSite(site: SiteProfile, kind: EstimateKind): SiteEstimate {
  const scale = site.accumulators.map((_, r) => smoothScale(site, r));
  const one = (rung: RungStatistics, r: number): number => {
    switch (kind) {
      case "measured":
        return first(rung.errorSensitivity);
      case "partial": {
        const u = unitRoundoff(formatNamed(site.accumulators[r]!.format));
        return roundingConstant * u * u * first(rung.partialSensitivity);
      }
      case "ulp":
        return first(rung.ulpSensitivity) / 12;
      case "mixed":
        return (first(rung.errorSensitivity) + scale[r]! * first(rung.smoothSensitivity)) / 2;
      default:
        return kind satisfies never;
    }
  };
  return {
    rungs: site.neurons.map((neuron) => neuron.rungs.map(one)),
    curve(neuron, rung) {
      const curve: ScoreCurve = site.neurons[neuron]!.curves[rung]!;
      return curve.measured.map((bins, q) =>
        bins.map((sum, i) => (first(sum) + scale[rung + q]! * first(curve.smooth[q]![i]!)) / 2),
      );
    },
  };
}

/** What brings the smooth estimates of a site to the size of the measured errors; 1 where nothing was measured. */
function smoothScale(site: SiteProfile, rung: number): number {
  const total = (key: "errorSensitivity" | "smoothSensitivity"): number =>
    site.neurons.reduce((sum, neuron) => sum + first(neuron.rungs[rung]![key]), 0);
  const measured = total("errorSensitivity");
  const smooth = total("smoothSensitivity");
  return measured > 0 && smooth > 0 ? measured / smooth : 1;
}

/** s_h: the root mean square of a neuron's |S|. */
export function sensitivityOf(neuron: NeuronStatistics): number {
  return neuron.count === 0 ? 0 : Math.sqrt(first(neuron.sensitivitySquared) / neuron.count);
}

function first(sum: ExactSum): number {
  return sum[0] ?? 0;
}
