// All static policies, one line each. `uniform` needs no profile and stands in plans.ts.
import { PlannerError } from "../errors.js";
import { absolute } from "./absolute.js";
import { kappaLadder } from "./kappa-ladder.js";
import { kappa } from "./kappa.js";
import type { Policy } from "./policy.js";
import { random, randomLive } from "./random.js";
import { sensitivity, sensitivityMeasured, sensitivityPartial, sensitivityUlp } from "./sensitivity.js";

export const policies: readonly Policy[] = [
  absolute,
  kappa,
  kappaLadder,
  random,
  randomLive,
  sensitivity,
  sensitivityMeasured,
  sensitivityPartial,
  sensitivityUlp,
];

/** @throws PlannerError `unknown-policy`, naming those there are; `others` are policies that are no order of neurons. */
export function policyNamed(name: string, others: readonly string[] = ["uniform"]): Policy {
  const policy = policies.find((p) => p.name === name);
  if (policy) return policy;
  throw new PlannerError("unknown-policy", {
    what: `There is no policy "${name}"`,
    where: "the choice of a static policy",
    next: `use one of: ${others.join(", ")}, ${policies.map((p) => p.name).join(", ")}`,
  });
}
