// Compares uniform, dynamic and static accumulation on the same samples at equal modelled cost, controls beside.
import { evaluatePlans, type Evaluation } from "@mpplan/calibration";
import { split, type Comparison, type ComparisonRow, type Plan, type Samples } from "@mpplan/ir";
import {
  dynamicPlan,
  fitThresholds,
  planAt,
  planFront,
  policies,
  policyNamed,
  ruleNamed,
  rules,
  uniformPlan,
  type FitRequest,
} from "@mpplan/planner";
import {
  dynamicFraction,
  makeProfile,
  planOptionsOf,
  resolveWork,
  stage,
  type WorkOptions,
} from "./pipeline.js";
import { importModel, prepareGraph, type ModelSource } from "./prepare-graph.js";
import { describePrecision, resolvePrecision, type PrecisionOptions } from "./settings.js";

export interface CompareOptions extends PrecisionOptions, WorkOptions {
  readonly taus?: readonly number[] | undefined;
  /** Modelled costs at which rows are compared. */
  readonly targetCosts?: readonly number[] | undefined;
  /** Rules and policies by name, or "all"; controls are always there. */
  readonly rules?: readonly string[] | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly samples?: number | undefined;
  readonly evaluate?: number | undefined;
}

export const defaultTaus: readonly number[] = [1, 0.5, 0.3, 0.1];
export const defaultTargetCosts: readonly number[] = [0.55, 0.625, 0.75, 0.875];
const defaultRules = ["kappa"];
const defaultPolicies = ["absolute", "kappa", "kappa-ladder"];

/** A row to come: its plan, and what the table says of it. */
interface Entry {
  readonly plan: Plan | null;
  readonly row: Pick<ComparisonRow, "name" | "mode" | "policy" | "rule" | "tau" | "targetCost"> & {
    note?: string;
  };
}

/** How far the measured cost of a row may lie above its target. */
const slack = 0.005;

export async function compareModel(
  source: ModelSource,
  samples: Samples,
  options: CompareOptions,
): Promise<Comparison> {
  const precision = resolvePrecision(options);
  const { seed, executor } = resolveWork(options);
  const work = { ...options, seed, executor };
  const parts = split(samples, { seed, calibrate: options.samples, evaluate: options.evaluate });
  const graph = prepareGraph(importModel(source), samples.at(0), precision.operands);
  const profile = await makeProfile(graph, parts.build, precision, work);
  const planOptions = planOptionsOf(profile, precision, work);
  const targets = options.targetCosts ?? defaultTargetCosts;
  const chosenRules = chosen(options.rules, defaultRules, rules);
  const chosenPolicies = chosen(options.policies, defaultPolicies, policies);
  const low = precision.accumulators[0]!.format;
  const high = precision.accumulators.at(-1)!.format;
  const baseCost = precision.costs[low]! / precision.costs[high]!;

  const entries: Entry[] = precision.accumulators.map((a, i) => ({
    plan: uniformPlan(profile, i, planOptions),
    row: {
      name: `uniform ${a.format}`,
      mode: "uniform",
      policy: "uniform",
      rule: null,
      tau: null,
      targetCost: null,
    },
  }));
  for (const tau of options.taus ?? defaultTaus) {
    entries.push({
      plan: dynamicPlan(profile, ruleNamed("kappa"), tau, planOptions),
      row: {
        name: `dynamic kappa, tau ${tau}`,
        mode: "dynamic",
        policy: null,
        rule: "kappa",
        tau,
        targetCost: null,
      },
    });
  }

  // Every rule at every cost that it can reach at all; all thresholds are searched together on tune samples.
  const requests: { request: FitRequest; target: number }[] = [];
  for (const target of targets) {
    for (const name of chosenRules) {
      const rule = ruleNamed(name);
      const fraction = dynamicFraction(
        { kind: "cost", value: target },
        profile,
        planOptions,
        rule.needsMagnitude,
      );
      if (fraction >= 0) requests.push({ request: { rule, fraction }, target });
      else entries.push(outOfReach(name, target, baseCost * (rule.needsMagnitude ? 2 : 1)));
    }
  }
  const simulate = async (plans: readonly Plan[]) =>
    (await evaluatePlans(graph, plans, parts.tune, stage("tune", work))).plans;
  const fit = (wanted: readonly FitRequest[]) => fitThresholds(profile, wanted, planOptions, simulate);
  for (const [i, fitted] of (await fit(requests.map((r) => r.request))).entries()) {
    entries.push(dynamicEntry(fitted.request.rule.name, requests[i]!.target, fitted));
  }
  for (const target of targets) {
    for (const name of chosenPolicies) {
      const reachable = target >= baseCost;
      const plan = reachable
        ? planAt(planFront(profile, policyNamed(name), planOptions), { kind: "cost", value: target })
        : null;
      entries.push({
        plan,
        row: {
          name: `static ${name}`,
          mode: "static",
          policy: name,
          rule: null,
          tau: null,
          targetCost: target,
          ...(!plan && { note: `uniform low costs ${baseCost} already` }),
        },
      });
    }
  }

  const planned = entries.filter((entry): entry is Entry & { plan: Plan } => entry.plan !== null);
  const set = await evaluatePlans(
    graph,
    planned.map((entry) => entry.plan),
    parts.test,
    stage("evaluate", work),
  );
  const results = new Map<Entry, Evaluation>(planned.map((entry, i) => [entry, set.plans[i]!]));

  return {
    model: { name: graph.name, digest: graph.digest },
    samples: {
      build: parts.build.count,
      tune: parts.tune.count,
      digest: profile.data.digest,
      random: samples.random,
    },
    evaluated: parts.test.count,
    seed,
    settings: {
      ...describePrecision(precision),
      task: set.task,
      referenceAccuracy: set.reference.accuracy,
      evaluationDigest: set.digest,
    },
    rows: entries.map((entry) => rowOf(entry, results.get(entry) ?? null)),
  };
}

function dynamicEntry(
  name: string,
  target: number,
  fitted: { threshold: number; fraction: number; plan: Plan },
): Entry {
  const isTau = ruleNamed(name).threshold === "tau";
  const nothing = Number.isNaN(fitted.fraction);
  return {
    plan: fitted.plan,
    row: {
      name: `dynamic ${name}`,
      mode: "dynamic",
      policy: null,
      rule: name,
      tau: isTau && !nothing ? fitted.threshold : null,
      targetCost: target,
      ...(nothing && { note: "no threshold recomputes this little; nothing is recomputed" }),
    },
  };
}

function outOfReach(name: string, target: number, least: number): Entry {
  return {
    plan: null,
    row: {
      name: `dynamic ${name}`,
      mode: "dynamic",
      policy: null,
      rule: name,
      tau: null,
      targetCost: target,
      note: `cannot: it costs at least ${least}`,
    },
  };
}

function rowOf({ row }: Entry, result: Evaluation | null): ComparisonRow {
  const notes = [
    row.note,
    result && overTarget(row.targetCost, result.cost),
    result && result.error === null && "the error is not finite",
  ];
  return {
    name: row.name,
    mode: row.mode,
    policy: row.policy,
    rule: row.rule,
    tau: row.tau,
    targetCost: row.targetCost,
    cost: result?.cost ?? null,
    fractionHigh: result?.fractionHigh ?? null,
    error: result?.error ?? null,
    flips: result?.flips ?? null,
    accuracy: result?.accuracy ?? null,
    seconds: result?.seconds ?? null,
    note: notes.filter(Boolean).join("; ") || null,
  };
}

function overTarget(target: number | null, cost: number): string | null {
  if (target === null || cost <= target + slack) return null;
  return `costs ${(cost - target).toFixed(3)} more than its target on these samples`;
}

/** The chosen names, every control among them. "all" takes everything there is. */
function chosen(
  asked: readonly string[] | undefined,
  defaults: readonly string[],
  known: readonly { name: string; control?: true }[],
): string[] {
  const wanted = asked === undefined ? defaults : asked.includes("all") ? known.map((k) => k.name) : asked;
  return [...new Set([...wanted, ...known.filter((k) => k.control).map((k) => k.name)])];
}
