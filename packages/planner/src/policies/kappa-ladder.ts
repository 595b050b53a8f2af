// The source paper's abstract made static: unit roundoff inversely proportional to kappa_phi kappa_v.
import { formatNamed, unitRoundoff } from "@mpplan/formats";
import { quantile } from "@mpplan/ir";
import { share, statistics, type Policy } from "./policy.js";

/**
 * A neuron stays on a rung of unit roundoff u while u kappa <= tau, with kappa the 0.9 quantile of
 * kappa_phi kappa_v: a quantile, since the mean is infinite.
 */
export const kappaLadder: Policy = {
  name: "kappa-ladder",
  about: "the cheapest format whose unit roundoff times the 0.9 quantile of kappa_phi kappa_v is at most tau",
  tauUnit: "relative error of a neuron per rounding",
  claim(site, neuron, from, { ladder }) {
    const kappa = 2 ** quantile(statistics(site, neuron).kappaPhiKappaV, 0.9);
    const value = kappa * unitRoundoff(formatNamed(ladder[from]!.format));
    return { value, priority: value };
  },
  because: (site, high, tau) =>
    `${share(high, site)} have kappa_phi kappa_v (0.9 quantile) times unit roundoff ${tau === null ? "among the largest" : `above ${tau}`}`,
};
