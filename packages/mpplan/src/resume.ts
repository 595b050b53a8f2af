// Going on where an interrupted calibration stopped: its profile is of the first build samples, in their order.
import type { SiteArrangement } from "@mpplan/calibration";
import {
  printAccumulator,
  printOperands,
  SetDigest,
  subset,
  type Graph,
  type Profile,
  type Samples,
  type SiteId,
} from "@mpplan/ir";
import { UsageError } from "./errors.js";
import type { Precision } from "./settings.js";
import { tool } from "./version.js";

/** The samples that are still to be measured. @throws UsageError `wrong-resume`. */
export function checkResume(
  profile: Profile,
  graph: Graph,
  build: Samples,
  { accumulators, operands }: Precision,
): Samples {
  const refuse = (what: string): never => {
    throw new UsageError("wrong-resume", {
      what: `The profile cannot be gone on with: ${what}`,
      where: `--resume, a profile of "${profile.model.name}" on ${profile.data.samples} samples`,
      next: "give the same model, data, --samples, --seed and accumulators as before, or start afresh without --resume",
    });
  };
  if (profile.model.digest !== graph.digest) refuse("it is of another model");
  if (profile.tool.version !== tool.version) refuse(`it was made by mpplan ${profile.tool.version}`);
  const ladder = (list: Profile["accumulators"]): string => list.map(printAccumulator).join("; ");
  if (ladder(profile.accumulators) !== ladder([...accumulators])) refuse("it measured other accumulators");
  if (printOperands(profile.operands) !== printOperands(operands)) refuse("its operands were cast otherwise");
  const done = profile.data.samples;
  const digest = new SetDigest();
  for (let i = 0; i < Math.min(done, build.count); i++) digest.add(build.at(i));
  if (done > build.count || digest.toString() !== profile.data.digest) refuse("it is of other samples");
  return subset(
    build,
    Array.from({ length: build.count - done }, (_, i) => done + i),
  );
}

/** How the profile's sites were laid out, for the rest of the samples to be laid out alike. */
export function arrangementsOf(profile: Profile): ReadonlyMap<SiteId, SiteArrangement> {
  return new Map(
    profile.sites.map(({ site, accumulators, arrangement }) => [
      site,
      { accumulators, ...(arrangement && { arrangement }) },
    ]),
  );
}
