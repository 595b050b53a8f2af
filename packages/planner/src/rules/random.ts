// The dynamic controls: components drawn at random, all of them or the live ones.
import type { Rule } from "./rule.js";

export const random: Rule = {
  name: "random",
  about: "control: recompute components drawn at random",
  control: true,
  needsMagnitude: false,
  threshold: "share",
  test: (_site, share, seed) => ({ rule: "random", share, seed }),
  expectedShare: (_site, share) => share,
  because: (_site, share) => `${percent(share)} of the components are drawn at random, as a control`,
};

export const randomLive: Rule = {
  name: "random-live",
  about: "control: recompute components drawn at random among those with phi' not 0",
  control: true,
  needsMagnitude: false,
  threshold: "share",
  test: (site, share, seed) => ({ rule: "random-live", share, seed, activation: site.activation }),
  expectedShare(site, share) {
    const count = site.neurons.reduce((sum, n) => sum + n.count, 0);
    const dead = site.neurons.reduce((sum, n) => sum + n.dead, 0);
    return count === 0 ? 0 : share * (1 - dead / count);
  },
  because: (_site, share) => `${percent(share)} of the live components are drawn at random, as a control`,
};

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
