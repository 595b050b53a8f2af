// The controls: neurons drawn at random. A policy that does no better than these knows nothing.
import { seededRandom } from "@mpplan/formats";
import { share, statistics, type Policy, type PolicyContext } from "./policy.js";
import type { SiteProfile } from "@mpplan/ir";

export const random: Policy = {
  name: "random",
  about: "control: neurons drawn at random",
  control: true,
  tauUnit: null,
  claim: (site, neuron, from, context) => ({ value: NaN, priority: draw(site, neuron, from, context) }),
  because: (site, high) => `${share(high, site)} were drawn at random, as a control`,
};

export const randomLive: Policy = {
  name: "random-live",
  about: "control: neurons drawn at random among those whose activation was live on some build sample",
  control: true,
  tauUnit: null,
  claim(site, neuron, from, context) {
    const { dead, count } = statistics(site, neuron);
    return dead === count ? null : { value: NaN, priority: draw(site, neuron, from, context) };
  },
  because: (site, high) => `${share(high, site)} were drawn at random among the live ones, as a control`,
};

/** Uniform in [0, 1); a neuron's next step up a ladder never comes before the one below it. */
function draw(site: SiteProfile, neuron: number, from: number, { seed, sites }: PolicyContext): number {
  const index = sites.indexOf(site);
  const at = (rung: number): number =>
    seededRandom(
      Math.imul(seed + rung * 7919, 0x9e3779b1) ^
        Math.imul(index + 1, 0x85ebca6b) ^
        Math.imul(neuron + 1, 0xc2b2ae35),
    )();
  let lowest = 1;
  for (let rung = 0; rung <= from; rung++) lowest = Math.min(lowest, at(rung) / 2 ** 24);
  return lowest;
}
