// The worker that cuts: it has a profile's fronts, and answers the page and the worker that computes while that one runs
// a model.
import { CallFailed } from "../calls.js";
import type { CutVerbs, FrontVerbs } from "../protocol.js";
import { answer, type AnsweringPort } from "./answer.js";
import { frontsOf, planOf, viewOf, type Fronts } from "./cuts.js";

let fronts: Fronts | null = null;

function need(): Fronts {
  if (fronts) return fronts;
  throw new CallFailed({
    what: "Nothing has been measured yet",
    where: "this page",
    next: "start the measurement first",
    cancelled: false,
  });
}

const forBench: FrontVerbs = {
  adopt: async (profile, options) => {
    fronts = frontsOf(profile, options);
    return { hybrid: fronts.hybrid.baseCost, static: fronts.still.baseCost };
  },
  plan: async (cut) => planOf(need(), cut),
  forget: async () => {
    fronts = null;
  },
};

answer(globalThis as unknown as AnsweringPort, {
  view: async (cut) => viewOf(need(), cut),
  join: async (port) => answer(port, forBench),
} satisfies CutVerbs);
