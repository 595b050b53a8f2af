// Plans and profiles from files.
import { mergeProfiles } from "@mpplan/calibration";
import type { Graph, Plan, Profile } from "@mpplan/ir";
import { UsageError } from "../errors.js";
import { readBytes } from "../node/files.js";
import { checkModel, readPlan, readProfile } from "../read-documents.js";

export function planAtPath(path: string): Plan {
  return readPlan(textAt(path), path);
}

export function profileAtPath(path: string): Profile {
  return readProfile(textAt(path), path);
}

/**
 * The profiles of that model, merged.
 * @throws UsageError for a profile that is given twice: its samples would count twice; IrError `wrong-model`.
 */
export function loadProfiles(paths: readonly string[], graph: Graph): Profile {
  const from = new Map<string, string>();
  const parts = paths.map((path) => {
    const profile = profileAtPath(path);
    checkModel(profile, graph, path);
    const before = from.get(profile.data.digest);
    if (before !== undefined) {
      throw new UsageError("bad-option", {
        what: `Two profiles are of the same samples, which would then count twice`,
        where: `--profile ${before} and --profile ${path}`,
        next: "name each shard once",
      });
    }
    from.set(profile.data.digest, path);
    return profile;
  });
  return mergeProfiles(parts);
}

function textAt(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}
