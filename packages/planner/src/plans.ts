// Making the plan document: what all plans share, and the uniform and dynamic ones.
import {
  costTable,
  kappaActivations,
  printAccumulator,
  quantile,
  sumSites,
  type Accumulator,
  type Budget,
  type Choice,
  type Costs,
  type Decision,
  type Graph,
  type NeuronStatistics,
  type Plan,
  type Profile,
  type SiteProfile,
  type Tool,
} from "@mpplan/ir";
import { PlannerError } from "./errors.js";
import type { Rule } from "./rules/rule.js";

/** What every plan of one planning session has in common. */
export interface PlanOptions {
  /** The ladder, cheapest first; the last is the high accumulator whose cost is 1. */
  readonly accumulators: readonly Accumulator[];
  /** Replaces entries of the default cost table. */
  readonly costs?: Costs | undefined;
  readonly seed: number;
  readonly preset: string;
  readonly tool: Tool;
  /** Sites that are kept in high precision whatever the policy says. */
  readonly forceHigh?: ((site: string) => boolean) | undefined;
}

/** The frame of a plan, without decisions. */
export function planFrame(
  profile: Profile,
  options: PlanOptions,
): Omit<Plan, "mode" | "policy" | "budget" | "decisions"> {
  const [lowest = -1] = measuredRungs(profile, options);
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
    costs: costTable(options.accumulators, options.costs),
    accumulators: [...options.accumulators],
    predicted: null,
    drift: profile.sites.map((site) => ({
      site: site.site,
      logKappaPrime: [0.5, 0.9, 0.99].map((q) =>
        finite(medianOf(site.neurons.map((n) => quantile(n.kappaPrime, q)))),
      ),
      peak: site.neurons.reduce((peak, n) => Math.max(peak, n.low[lowest]?.peak ?? 0), 0),
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
    budget:
      rule.threshold === "tau" ? { kind: "tau", value: threshold } : { kind: "share", value: threshold },
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

export const forcedReason = "kept in high precision, as asked";

interface Decided {
  readonly mode: Plan["mode"];
  readonly policy: string;
  readonly budget: Budget;
  readonly decisions: Decision[];
}

/** The document, its fields in one order: the same decisions give the same bytes. */
export function assemble(profile: Profile, options: PlanOptions, decided: Decided): Plan {
  const frame = planFrame(profile, options);
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
    decisions: decided.decisions,
    drift: frame.drift,
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
 * For each rung of the ladder but the last, where the profile's neurons keep what was measured of it.
 * @throws PlannerError `wrong-profile` where it was not measured.
 */
export function measuredRungs(profile: Profile, { accumulators }: PlanOptions): number[] {
  const measured = profile.accumulators.map(printAccumulator);
  return accumulators.slice(0, -1).map((rung) => {
    const index = measured.indexOf(printAccumulator(rung));
    if (index >= 0) return index;
    throw new PlannerError("wrong-profile", {
      what: `The profile has not measured the low accumulator ${rung.format} that the plan wants`,
      where: `the profile of "${profile.model.name}"`,
      next: "calibrate again with the same --preset, --low, --order and --product",
    });
  });
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
  const kappa = kappaActivations(sites);
  return {
    kind: "mpplan-profile",
    version: 1,
    tool,
    model: { name: graph.name, digest: graph.digest },
    data: { digest: "sum256:0", samples: 0, random: false },
    operands: graph.operands,
    accumulators: accumulators.slice(0, -1),
    sites: sites.map((site) => ({
      site: site.id,
      op: graph.nodes.find((node) => node.id === site.node)!.op,
      length: site.length,
      macs: site.macs,
      activation: site.activation.name,
      kappaActivation: kappa.get(site.id)!.name,
      neurons: Array.from({ length: site.neurons }, () => blankNeuron(accumulators.length - 1)),
    })),
  };
}

function blankNeuron(lowFormats: number): NeuronStatistics {
  const histogram = { first: 0, counts: [], zeros: 0, infinite: 0, nan: 0 };
  const low = { peak: 0, clipped: 0, errorSquared: [], partialSquared: [], ulpSquared: [] };
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
    low: Array.from({ length: lowFormats }, () => low),
  };
}
