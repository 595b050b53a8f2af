// The source paper's criterion made static: kappa' = kappa_phi/|v|, its median over the build samples.
import { quantile } from "@mpplan/ir";
import { share, statistics, type Policy } from "./policy.js";

/** High iff the median of log kappa' is above log tau: on a longer ladder too, whose middle rungs it climbs past. */
export const kappa: Policy = {
  name: "kappa",
  about:
    "high where the median of kappa' = kappa_phi/|v| is above tau: the source paper's test, decided once",
  tauUnit: "1/|v|, as in the source paper",
  claim(site, neuron) {
    const value = 2 ** quantile(statistics(site, neuron).kappaPrime, 0.5);
    return { value, priority: value };
  },
  because: (site, high, tau) =>
    `${share(high, site)} have a median kappa_phi/|v| ${tau === null ? "among the largest" : `above ${tau}`}, so their sums are thought sensitive`,
};
