// Absolute error without gradients: who has large |W||h| and a live activation errs most.
import { formatNamed, unitRoundoff } from "@mpplan/formats";
import { macsPerNeuron, share, statistics, type Policy } from "./policy.js";

/**
 * The mean of (A phi')^2, A = |W||h|+|b|, times what the step gains in u^2, per multiply-accumulate: the greedy
 * order of the knapsack that minimises the sum of squared error bounds.
 */
export const absolute: Policy = {
  name: "absolute",
  about:
    "high where the error bound u (|W||h|+|b|) phi' is largest per multiply-accumulate, gradients left out",
  tauUnit: "the root mean square of (|W||h|+|b|) phi'",
  claim(site, neuron, from, { ladder }) {
    const s = statistics(site, neuron);
    const mean = s.count === 0 ? 0 : (s.magnitudeSlopeSquared[0] ?? 0) / s.count;
    const u = (rung: number): number => unitRoundoff(formatNamed(ladder[rung]!.format));
    const gain = u(from) ** 2 - u(from + 1) ** 2;
    // A neuron's components per run: the knapsack weighs the error of all its pixels.
    const components = macsPerNeuron(site) / Math.max(site.length, 1);
    return { value: Math.sqrt(mean), priority: (components * mean * gain) / macsPerNeuron(site) };
  },
  because: (site, high, tau) =>
    `${share(high, site)} have an RMS of (|W||h|+|b|) phi' ${tau === null ? "among the largest for their cost" : `above ${tau}`}, so rounding errs most there`,
};
