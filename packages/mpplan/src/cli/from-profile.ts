// What commands begin with that decide from a profile: the model that it is of, and samples to try plans on.
import { split, type Graph, type Profile, type Split } from "@mpplan/ir";
import { isMadeFrom } from "../pipeline.js";
import { loadProfiles } from "./documents.js";
import type { SplitFlags } from "./options.js";
import type { LoadedData } from "./work.js";

export interface ProfileFlags extends SplitFlags {
  profile: string[];
  seed: number;
}

export interface FromProfile {
  readonly profile: Profile;
  /** Null without samples. */
  readonly parts: Split | null;
  /** True where the profile was made from the build part of these samples, so that the tuning part is fresh. */
  readonly sameSamples: boolean;
  readonly shown: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** @throws UsageError for a profile given twice; IrError `wrong-model`, `too-few-samples`. */
export function openProfile(
  imported: Graph,
  data: LoadedData | null,
  { profile: paths, seed, samples: calibrate, evaluate }: ProfileFlags,
  guard = false,
): FromProfile {
  const profile = loadProfiles(paths, imported);
  const parts = data && split(data.samples, { seed, calibrate, evaluate, guard });
  const sameSamples = parts !== null && isMadeFrom(profile, parts.build);
  return {
    profile,
    parts,
    sameSamples,
    shown: {
      profile: `${profile.data.samples} samples${paths.length > 1 ? ` in ${paths.length} parts` : ""}`,
      ...(parts && { predicts: `on ${parts.tune.count} tuning samples, seed ${seed}` }),
    },
    notes: parts === null || sameSamples ? [] : [otherSamples],
  };
}

const otherSamples =
  "the profile was made from other samples, or from other --samples or --seed: some tuning samples may be among them, so the prediction is labelled observed";
