// The source paper's rule at run time, and the abstract's full form with |W||h| computed and charged.
import { shareAbove } from "@mpplan/ir";
import type { Rule } from "./rule.js";

export const kappa: Rule = {
  name: "kappa",
  about: "the source paper's rule: recompute where kappa_phi(v)/|v| > tau, v being the low-precision value",
  needsMagnitude: false,
  threshold: "tau",
  test: (site, tau) => ({ rule: "kappa", tau, activation: site.kappaActivation }),
  expectedShare: (site, tau) => mean(site.neurons.map((n) => shareAbove(n.kappaPrime, tau))),
  because: (_site, tau) => `recomputed where kappa_phi/|v| > ${tau}, as the source paper does`,
};

export const kappaFull: Rule = {
  name: "kappa-full",
  about: "recompute where kappa_phi kappa_v > tau with |W||h| computed in low precision, its cost charged",
  needsMagnitude: true,
  threshold: "tau",
  test: (site, tau) => ({ rule: "kappa-full", tau, activation: site.activation }),
  expectedShare: (site, tau) => mean(site.neurons.map((n) => shareAbove(n.kappaPhiKappaV, tau))),
  because: (_site, tau) => `recomputed where kappa_phi (|W||h|+|b|)/|v| > ${tau}`,
};

function mean(shares: readonly number[]): number {
  return shares.length === 0 ? 0 : shares.reduce((sum, x) => sum + x, 0) / shares.length;
}
