// The front of hybrid plans: every neuron moves along its own hull of options, and all moves of all neurons stand in
// one order, that of a Lagrange multiplier going down. Any budget is a cut through it. Pure.
import { costTable, type Choice, type Decision, type Plan, type Profile } from "@mpplan/ir";
import { PlannerError } from "./errors.js";
import { estimateSite, type EstimateKind } from "./estimate.js";
import { hullOf, slope, type NeuronChoice, type NeuronOption } from "./neuron-options.js";
import { assemble, decisionOf, forcedReason, measuredRungs, type PlanOptions } from "./plans.js";
import { macsPerNeuron } from "./policies/policy.js";

/** One neuron's step from one option of its hull to the next. */
interface Move {
  readonly site: number;
  readonly neuron: number;
  /** The place of the option that it moves to. */
  readonly to: number;
  /** Modelled cost that it adds, in units of uniform high. */
  readonly cost: number;
  /** Squared error that it takes away, per cost. */
  readonly gain: number;
}

export interface HybridFront {
  readonly profile: Profile;
  readonly options: PlanOptions;
  /** The cost of every neuron's cheapest option. */
  readonly baseCost: number;
  /** The largest gain first; a neuron's own moves in their order. */
  readonly moves: readonly Move[];
  /** Options by site and neuron, cheapest first. */
  readonly hulls: readonly (readonly (readonly NeuronOption[])[])[];
}

export interface HybridFrontOptions {
  /** False: static choices only. */
  readonly dynamic?: boolean;
  readonly estimate?: EstimateKind;
  /** What targets count: modelled cost, or multiply-accumulates on the highest rung. Default: cost. */
  readonly unit?: "cost" | "share";
}

/** Budgets are sums of many shares: this much is rounding. */
const slack = 1e-12;

/**
 * Hulls of all neurons, merged. A rung on which a neuron clipped on the build samples is no option for it, unless it
 * clips on all of them: no estimate of rounding speaks of clipping.
 */
export function hybridFront(
  profile: Profile,
  options: PlanOptions,
  { dynamic = true, estimate = "mixed", unit = "cost" }: HybridFrontOptions = {},
): HybridFront {
  const { accumulators, forceHigh } = options;
  const table = costTable(accumulators, options.costs);
  const most = table[accumulators.at(-1)!.format]!;
  const costs = accumulators.map((a, rung) =>
    unit === "cost" ? table[a.format]! / most : Number(rung + 1 === accumulators.length),
  );
  const measured = measuredRungs(profile, options);
  const rungs = accumulators.map((_, rung) => rung);
  const total = profile.sites.reduce((sum, site) => sum + site.macs, 0);
  const moves: Move[] = [];
  let baseCost = 0;
  const hulls = profile.sites.map((site, s) => {
    const share = total === 0 ? 0 : macsPerNeuron(site) / total;
    const estimates = estimateSite(site, estimate);
    return site.neurons.map((neuron, n) => {
      const clean = rungs.filter((rung) => neuron.rungs[measured[rung]!]!.clipped === 0);
      const allowed = forceHigh?.(site.site) ? rungs.slice(-1) : clean.length > 0 ? clean : rungs.slice(-1);
      const hull = hullOf(neuron, n, estimates, { costs, measured, dynamic, allowed });
      baseCost += share * hull[0]!.cost;
      for (let to = 1; to < hull.length; to++) {
        const [before, after] = [hull[to - 1]!, hull[to]!];
        const cost = share * (after.cost - before.cost);
        moves.push({ site: s, neuron: n, to, cost, gain: share === 0 ? 0 : slope(before, after) / share });
      }
      return hull;
    });
  });
  // A hull's gains fall, so sorting keeps a neuron's moves in their order; equal ones need `to`.
  moves.sort((a, b) => b.gain - a.gain || a.site - b.site || a.neuron - b.neuron || a.to - b.to);
  return { profile, options, baseCost, moves, hulls };
}

/**
 * The plan whose expected cost is as close below `target` as moves allow: in the front's order while they fit, then
 * whatever still fits.
 * @throws PlannerError `wrong-budget` where even everyone's cheapest option costs more.
 */
export function hybridAt(front: HybridFront, target: number, policy = "hybrid"): Plan {
  const { profile, options, hulls } = front;
  if (target < front.baseCost - slack) {
    const least = Number(front.baseCost.toPrecision(4));
    throw new PlannerError("wrong-budget", {
      what: `A modelled cost of ${target} cannot be kept: with nothing moved up it is ${least} already`,
      where: "the budget",
      next: `allow at least ${least}; sums that clip in low precision, or shall be high, are part of it`,
    });
  }
  const at = hulls.map((site) => new Uint16Array(site.length));
  let spent = front.baseCost;
  for (const move of front.moves) {
    if (at[move.site]![move.neuron] !== move.to - 1 || spent + move.cost > target + slack) continue;
    spent += move.cost;
    at[move.site]![move.neuron] = move.to;
  }
  const decisions = profile.sites.map((site, s) => {
    const choices = hulls[s]!.map((hull, n) => hull[at[s]![n]!]!.choice);
    const forced = options.forceHigh?.(site.site) ?? false;
    return decisionOf(
      site,
      rangesOf(choices, site.activation),
      forced ? forcedReason : because(choices, options),
    );
  });
  const dynamic = decisions.some((d) => d.ranges.some(({ choice }) => choice.mode === "dynamic"));
  const mode = dynamic ? "hybrid" : "static";
  return assemble(profile, options, { mode, policy, budget: { kind: "cost", value: target }, decisions });
}

/** Neurons in a row that do alike share a range; each dynamic one keeps its own threshold in it. */
function rangesOf(choices: readonly NeuronChoice[], activation: string): Decision["ranges"] {
  const ranges: { start: number; end: number; choice: Choice }[] = [];
  choices.forEach((choice, neuron) => {
    const last = ranges.at(-1);
    if (choice.kind === "static") {
      if (last?.choice.mode === "static" && last.choice.use === choice.use) last.end = neuron + 1;
      else ranges.push({ start: neuron, end: neuron + 1, choice: { mode: "static", use: choice.use } });
      return;
    }
    const { low, high, threshold } = choice;
    const open = last?.choice;
    if (
      open?.mode === "dynamic" &&
      open.low === low &&
      open.high === high &&
      open.test.rule === "contribution"
    ) {
      open.test.thresholds.push(threshold);
      last!.end = neuron + 1;
      return;
    }
    const test = { rule: "contribution" as const, activation, thresholds: [threshold] };
    ranges.push({ start: neuron, end: neuron + 1, choice: { mode: "dynamic", low, high, test } });
  });
  return ranges;
}

function because(choices: readonly NeuronChoice[], { accumulators }: PlanOptions): string {
  const name = (rung: number): string => accumulators[rung]!.format;
  const counts = new Map<string, number>();
  for (const choice of choices) {
    const what =
      choice.kind === "static"
        ? `in ${name(choice.use)}`
        : `in ${name(choice.low)}, again in ${name(choice.high)} where their score is high`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const parts = [...counts].map(([what, count]) => `${count} ${what}`);
  return `of ${choices.length} neurons ${parts.join("; ")}: where a unit of cost takes most squared error from the outputs`;
}
