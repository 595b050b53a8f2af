// What a dynamic rule is: a run-time test with one threshold, and how its threshold relates to its cost.
import type { Profile, RecomputeTest, SiteProfile } from "@mpplan/ir";

export interface Rule {
  readonly name: string;
  /** What it does, in one sentence, for people. */
  readonly about: string;
  /** A yardstick rather than an advice. */
  readonly control?: true;
  /** True where the test needs |W||h|, which costs one more low pass. */
  readonly needsMagnitude: boolean;
  /**
   * What the threshold is: a tolerance above zero that recomputes less as it grows, a score that does so on both
   * sides of zero, or a share that recomputes more.
   */
  readonly threshold: "tau" | "score" | "share";
  test(site: SiteProfile, threshold: number, seed: number): RecomputeTest;
  /** The share of a site's components that the threshold is expected to recompute. */
  expectedShare(site: SiteProfile, threshold: number): number;
  because(site: SiteProfile, threshold: number): string;
}

/** The share of all multiply-accumulates that a threshold is expected to do twice. */
export function expectedFraction(rule: Rule, profile: Profile, threshold: number): number {
  let all = 0;
  let high = 0;
  for (const site of profile.sites) {
    all += site.macs;
    high += site.macs * rule.expectedShare(site, threshold);
  }
  return all === 0 ? 0 : high / all;
}
