// A budget or a tolerance as a plan and as a picture of it: pure cuts through what calibration has measured.
import { costTable, shareAbove, type Choice, type Plan, type Profile } from "@mpplan/ir";
import {
  dynamicPlan,
  expectedFraction,
  hybridAt,
  hybridFront,
  ruleNamed,
  type HybridFront,
  type PlanOptions,
} from "@mpplan/planner";
import type { Cut, CutView, SiteCut } from "../protocol.js";

/** What every cut is taken from. */
export interface Fronts {
  readonly profile: Profile;
  readonly options: PlanOptions;
  readonly hybrid: HybridFront;
  readonly still: HybridFront;
  /** Modelled cost per rung of the ladder, the highest being 1. */
  readonly costs: readonly number[];
}

export function frontsOf(profile: Profile, options: PlanOptions): Fronts {
  const table = costTable(options.accumulators, options.costs);
  const most = table[options.accumulators.at(-1)!.format]!;
  return {
    profile,
    options,
    hybrid: hybridFront(profile, options),
    still: hybridFront(profile, options, { dynamic: false }),
    costs: options.accumulators.map((a) => table[a.format]! / most),
  };
}

const kappa = ruleNamed("kappa");

/** The plan of a cut; a cost below the least there is gives the least. */
export function planOf({ profile, options, hybrid, still }: Fronts, { method, value }: Cut): Plan {
  switch (method) {
    case "hybrid":
      return hybridAt(hybrid, Math.max(value, hybrid.baseCost));
    case "static":
      return hybridAt(still, Math.max(value, still.baseCost), "sensitivity");
    case "dynamic":
      return dynamicPlan(profile, kappa, value, options);
    default:
      return method satisfies never;
  }
}

/** What a cut does to every neuron, and what the profile expects it to cost. */
export function viewOf(fronts: Fronts, cut: Cut): CutView {
  const { profile, options, costs } = fronts;
  const plan = planOf(fronts, cut);
  const rung = (id: number): number => {
    const { format } = plan.accumulators[id]!;
    return options.accumulators.findIndex((a) => a.format === format);
  };
  const top = costs.length - 1;
  const macs = profile.sites.reduce((sum, site) => sum + site.macs, 0);
  let cost = 0;
  let high = 0;
  // Decisions over sums of plain values come after those of the sites; they cost nothing and are no part of the picture.
  const decisions = plan.decisions.filter((decision) => decision.term !== "value");
  const sites = decisions.map((decision, s): SiteCut => {
    const level = new Float32Array(decision.neurons);
    const dynamic = new Uint8Array(decision.neurons);
    const part = macs === 0 ? 0 : profile.sites[s]!.macs / macs / decision.neurons;
    let sum = 0;
    for (const { start, end, choice } of decision.ranges) {
      for (let n = start; n < end; n++) {
        if (choice.mode === "static") {
          const use = rung(choice.use);
          level[n] = levelOf(costs, costs[use]!);
          cost += part * costs[use]!;
          high += use === top ? part : 0;
        } else {
          const [from, to] = [rung(choice.low), rung(choice.high)];
          const share = shareAgain(fronts, s, n, choice, n - start);
          level[n] = levelOf(costs, costs[from]! + share * (costs[to]! - costs[from]!));
          dynamic[n] = 1;
          cost += part * (costs[from]! + share * costs[to]!);
          high += to === top ? part * share : 0;
        }
        sum += level[n]!;
      }
    }
    return {
      level,
      dynamic,
      mean: decision.neurons === 0 ? 0 : sum / decision.neurons,
      because: decision.because,
    };
  });
  if (cut.method === "dynamic") cost = costs[0]! + expectedFraction(kappa, profile, cut.value) * costs[top]!;
  return { cut, cost, fractionHigh: high, sites };
}

/** 0 for the cheapest rung, 1 for the highest. */
function levelOf(costs: readonly number[], cost: number): number {
  const [least, most] = [costs[0]!, costs.at(-1)!];
  return most === least ? 1 : Math.min(1, (cost - least) / (most - least));
}

/** The share of a neuron's sums that its run-time test is expected to carry out again. */
function shareAgain(
  { profile, hybrid, costs }: Fronts,
  site: number,
  neuron: number,
  choice: Extract<Choice, { mode: "dynamic" }>,
  place: number,
): number {
  const { test } = choice;
  if (test.rule === "kappa") return shareAbove(profile.sites[site]!.neurons[neuron]!.kappaPrime, test.tau);
  if (test.rule !== "contribution") throw new Error(`internal: no share is known for the rule ${test.rule}`);
  const threshold = test.thresholds[place];
  const option = hybrid.hulls[site]![neuron]!.find(
    (o) => o.choice.kind === "dynamic" && o.choice.threshold === threshold,
  );
  if (option?.choice.kind !== "dynamic")
    throw new Error("internal: a cut has a threshold that its front has not");
  return (option.cost - costs[option.choice.low]!) / costs[option.choice.high]!;
}
