// Making the plan document: what all plans share, and the uniform and dynamic ones.
import {
  costTable,
  kappaActivations,
  printAccumulator,
  quantile,
  sumSites,
  valueSites,
  type Accumulator,
  type Budget,
  type Choice,
  type Costs,
  type Decision,
  type Graph,
  type NeuronStatistics,
  type Plan,
  type Profile,
  type RungStatistics,
  type SiteProfile,
  type Tool,
  type ValueProfile,
  type ValueStatistics,
} from "@mpplan/ir";
import { PlannerError } from "./errors.js";
import type { Rule } from "./rules/rule.js";
import { decideValueSums } from "./value-sums.js";

/** What every plan of one planning session has in common. */
export interface PlanOptions {
  /** The ladder, cheapest first; the last is the high accumulator whose cost is 1. */
  readonly accumulators: readonly Accumulator[];
  /** Replaces entries of the default cost table. */
  readonly costs?: Costs | undefined;
  readonly seed: number;
  readonly preset: string;
  readonly tool: Tool;
  /** The accumulator of value sums where it is safe for them; default the high one. */
  readonly values?: Accumulator | undefined;
  /** Sites that are kept in high precision whatever the policy says. */
  readonly forceHigh?: ((site: string) => boolean) | undefined;
}

/** The frame of a plan, without decisions. */
export function planFrame(
  profile: Profile,
  options: PlanOptions,
): Omit<Plan, "mode" | "policy" | "budget" | "decisions"> {
  const lowest = rungIndex(profile, options.accumulators[0]!);
  const { list, extra } = accumulatorTable(profile, options);
  return {
    kind: "mpplan-plan",
    version: 1,
    tool: options.tool,
    model: profile.model,
    data: profile.data,
    seed: options.seed,
    preset: options.preset,
    semantics: "exact",
    operands: profile.operands,
    costs: costTable([...options.accumulators, ...extra], options.costs),
    accumulators: list,
    predicted: null,
    drift: profile.sites.map((site) => ({
      site: site.site,
      logKappaPrime: [0.5, 0.9, 0.99].map((q) =>
        finite(medianOf(site.neurons.map((n) => quantile(n.kappaPrime, q)))),
      ),
      peak: site.neurons.reduce((peak, n) => Math.max(peak, n.rungs[lowest]?.peak ?? 0), 0),
    })),
  };
}

/** All neurons in one accumulator of the ladder. */
export function uniformPlan(profile: Profile, use: number, options: PlanOptions): Plan {
  const because = `every sum uses ${options.accumulators[use]!.format}`;
  return assemble(profile, options, {
    mode: "uniform",
    policy: "uniform",
    budget: { kind: "none" },
    decisions: profile.sites.map((site) => wholeSite(site, { mode: "static", use }, because)),
  });
}

/** Every neuron low first, and high where the rule says so. */
export function dynamicPlan(profile: Profile, rule: Rule, threshold: number, options: PlanOptions): Plan {
  const high = options.accumulators.length - 1;
  return assemble(profile, options, {
    mode: "dynamic",
    policy: rule.name,
    budget: budgetOf(rule, threshold),
    decisions: profile.sites.map((site) =>
      options.forceHigh?.(site.site)
        ? wholeSite(site, { mode: "static", use: high }, forcedReason)
        : wholeSite(
            site,
            { mode: "dynamic", low: 0, high, test: rule.test(site, threshold, options.seed) },
            rule.because(site, threshold),
          ),
    ),
  });
}

function budgetOf(rule: Rule, value: number): Budget {
  switch (rule.threshold) {
    case "tau":
      return { kind: "tau", value };
    case "share":
      return { kind: "share", value };
    // A score is in no unit that a person would ask for: what was asked for stands in its place.
    case "score":
      return { kind: "none" };
    default:
      return rule.threshold satisfies never;
  }
}

export const forcedReason = "kept in high precision, as asked";

interface Decided {
  readonly mode: Plan["mode"];
  readonly policy: string;
  readonly budget: Budget;
  readonly decisions: Decision[];
}

/**
 * The accumulators of a plan, and which of them a site uses for a rung of the ladder: sites may have orders of their
 * own. The last one is of the highest rung. Those that value sums alone use (`extra`) come first.
 */
function accumulatorTable(
  profile: Profile,
  { accumulators, values = accumulators.at(-1)! }: PlanOptions,
): {
  readonly list: Accumulator[];
  readonly extra: Accumulator[];
  readonly idOf: (site: number, rung: number) => number;
  readonly values: readonly { readonly site: ValueProfile; readonly use: number; readonly because: string }[];
} {
  const ladder = new Map<string, Accumulator>();
  const table = accumulators.map((nominal) => {
    const measured = rungIndex(profile, nominal);
    return profile.sites.map((site) => {
      const accumulator = site.accumulators[measured] ?? nominal;
      ladder.set(printAccumulator(accumulator), accumulator);
      return printAccumulator(accumulator);
    });
  });
  const decided = (profile.valueSums ?? []).map((site) => ({
    site,
    ...decideValueSums(site, values),
  }));
  const others = new Map(decided.map(({ accumulator }) => [printAccumulator(accumulator), accumulator]));
  const extra = [...others].filter(([name]) => !ladder.has(name)).map(([, accumulator]) => accumulator);
  const list = [...extra, ...ladder.values()];
  const ids = new Map(list.map((accumulator, id) => [printAccumulator(accumulator), id]));
  return {
    list,
    extra,
    idOf: (site, rung) => ids.get(table[rung]![site]!)!,
    values: decided.map(({ site, accumulator, because }) => ({
      site,
      use: ids.get(printAccumulator(accumulator))!,
      because,
    })),
  };
}

/** The document, its fields in one order: the same decisions give the same bytes. Choices name rungs of the ladder. */
export function assemble(profile: Profile, options: PlanOptions, decided: Decided): Plan {
  const frame = planFrame(profile, options);
  const { idOf, values } = accumulatorTable(profile, options);
  const decisions = decided.decisions.map((decision, s): Decision => {
    const { because, ...rest } = decision;
    const { arrangement } = profile.sites[s]!;
    const ranges = decision.ranges.map(({ start, end, choice }) => ({
      start,
      end,
      choice:
        choice.mode === "static"
          ? { ...choice, use: idOf(s, choice.use) }
          : { ...choice, low: idOf(s, choice.low), high: idOf(s, choice.high) },
    }));
    return { ...rest, ranges, ...(arrangement && { arrangement }), because };
  });
  for (const { site, use, because } of values) decisions.push(valueDecision(site, use, because));
  return {
    kind: frame.kind,
    version: frame.version,
    tool: frame.tool,
    model: frame.model,
    data: frame.data,
    seed: frame.seed,
    preset: frame.preset,
    mode: decided.mode,
    policy: decided.policy,
    budget: decided.budget,
    semantics: frame.semantics,
    operands: frame.operands,
    costs: frame.costs,
    accumulators: frame.accumulators,
    predicted: frame.predicted,
    decisions,
    drift: frame.drift,
  };
}

function valueDecision(site: ValueProfile, use: number, because: string): Decision {
  const neurons = site.neurons.length;
  return {
    site: site.site,
    op: site.op,
    neurons,
    length: site.length,
    macs: 0,
    term: "value",
    ranges: [{ start: 0, end: neurons, choice: { mode: "static", use } }],
    because,
  };
}

function wholeSite(site: SiteProfile, choice: Choice, because: string): Decision {
  return decisionOf(site, [{ start: 0, end: site.neurons.length, choice }], because);
}

export function decisionOf(site: SiteProfile, ranges: Decision["ranges"], because: string): Decision {
  return {
    site: site.site,
    op: site.op,
    neurons: site.neurons.length,
    length: site.length,
    macs: site.macs,
    ranges,
    because,
  };
}

/**
 * For each rung of the ladder, which of the profile's accumulators it is.
 * @throws PlannerError `wrong-profile` where it was not measured.
 */
export function measuredRungs(profile: Profile, { accumulators }: PlanOptions): number[] {
  return accumulators.map((rung) => {
    const index = rungIndex(profile, rung);
    if (index >= 0) return index;
    throw new PlannerError("wrong-profile", {
      what: `The profile has not measured the accumulator ${rung.format} that the plan wants`,
      where: `the profile of "${profile.model.name}"`,
      next: "calibrate again with the same --preset, --low, --high, --formats, --order and --product",
    });
  });
}

function rungIndex(profile: Profile, rung: Accumulator): number {
  const name = printAccumulator(rung);
  return profile.accumulators.findIndex((a) => printAccumulator(a) === name);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.filter((x) => !Number.isNaN(x)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}

/** A profile of no samples: enough for plans that look at none, uniform ones and rules with a given tau. */
export function blankProfile(graph: Graph, accumulators: readonly Accumulator[], tool: Tool): Profile {
  const sites = sumSites(graph);
  const values = valueSites(graph);
  const kappa = kappaActivations(sites);
  return {
    kind: "mpplan-profile",
    version: 1,
    tool,
    model: { name: graph.name, digest: graph.digest },
    data: { digest: "sum256:0", samples: 0, random: false },
    operands: graph.operands,
    accumulators: [...accumulators],
    sensitivities: "none",
    sites: sites.map((site) => ({
      site: site.id,
      op: graph.nodes.find((node) => node.id === site.node)!.op,
      length: site.length,
      macs: site.macs,
      activation: site.activation.name,
      kappaActivation: kappa.get(site.id)!.name,
      ...(site.softmax && { softmaxScale: site.softmax.scale }),
      accumulators: [...accumulators],
      neurons: Array.from({ length: site.neurons }, () => blankNeuron(accumulators.length)),
    })),
    ...(values.length > 0 && {
      valueSums: values.map(({ id, node, neurons, length, sameSign }) => ({
        site: id,
        op: graph.nodes.find((each) => each.id === node)!.op,
        length,
        sameSign,
        neurons: Array.from({ length: neurons }, () => blankValues),
      })),
    }),
  };
}

const blankValues: ValueStatistics = { count: 0, nonFinite: 0, peak: 0, sum: [], magnitude: [] };

function blankNeuron(rungs: number): NeuronStatistics {
  const histogram = { first: 0, counts: [], zeros: 0, infinite: 0, nan: 0 };
  return {
    count: 0,
    dead: 0,
    nonFinite: 0,
    kappaV: histogram,
    kappaPhiKappaV: histogram,
    kappaPrime: histogram,
    v: [],
    vSquared: [],
    magnitude: [],
    magnitudeSquared: [],
    magnitudeSlopeSquared: [],
    sensitivitySquared: [],
    rungs: Array.from({ length: rungs }, () => blankRung),
    curves: Array.from({ length: rungs - 1 }, () => ({ bins: [], counts: [], measured: [], smooth: [] })),
  };
}

const blankRung: RungStatistics = {
  peak: 0,
  clipped: 0,
  errorSquared: [],
  partialSquared: [],
  ulpSquared: [],
  errorSensitivity: [],
  partialSensitivity: [],
  ulpSensitivity: [],
  smoothSensitivity: [],
};
