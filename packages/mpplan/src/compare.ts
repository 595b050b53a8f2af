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
  type Fitted,
} from "@mpplan/planner";
import { UsageError } from "./errors.js";
import { dynamicFraction, leastCost } from "./budgets.js";
import { makeProfile } from "./pipeline.js";
import { planOptionsOf, resolveWork, siteNames, stage, throwIfCancelled, type WorkOptions } from "./work.js";
import { importModel, prepareGraph, type ModelSource } from "./prepare-graph.js";
import { describePrecision, resolvePrecision, type PrecisionOptions } from "./settings.js";
import { highPrecisionSites } from "./site-patterns.js";

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
  /** What its threshold was fitted to, for dynamic rows. */
  readonly request?: FitRequest | undefined;
  /** True where the threshold was lowered to keep the target. */
  readonly lowered?: boolean;
  readonly row: Pick<ComparisonRow, "name" | "mode" | "policy" | "rule" | "tau" | "targetCost"> & {
    note?: string;
  };
}

/** How often rows that cost too much are fitted again. */
const refits = 4;

/** How far the measured cost of a row may lie above its target. */
const slack = 0.005;

export async function compareModel(
  source: ModelSource,
  samples: Samples,
  options: CompareOptions,
): Promise<Comparison> {
  const precision = resolvePrecision(options);
  const taus = numbersOf(options.taus ?? defaultTaus, "--taus");
  const targets = numbersOf(options.targetCosts ?? defaultTargetCosts, "--costs");
  const chosenRules = chosen(options.rules, defaultRules, rules, ruleNamed);
  // The uniform rows are always there.
  const asked = options.policies?.filter((name) => name !== "uniform");
  const chosenPolicies = chosen(asked, defaultPolicies, policies, policyNamed);
  const { seed, executor } = resolveWork(options);
  const work = { ...options, seed, executor };
  const parts = split(samples, { seed, calibrate: options.samples, evaluate: options.evaluate });
  const graph = prepareGraph(importModel(source), samples.at(0), precision.operands);
  highPrecisionSites(siteNames(graph), options);
  const profile = await makeProfile(graph, parts.build, precision, work);
  const planOptions = planOptionsOf(profile, precision, work);
  const least = leastCost(profile, planOptions, 1);

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
  for (const tau of taus) {
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
      const own = leastCost(profile, planOptions, rule.needsMagnitude ? 2 : 1);
      const fraction = dynamicFraction({ kind: "cost", value: target }, profile, planOptions, rule);
      if (target >= own) requests.push({ request: { rule, fraction }, target });
      else entries.push(outOfReach(name, target, own));
    }
  }
  const fit = (wanted: readonly FitRequest[], told: WorkOptions) =>
    fitThresholds(
      profile,
      wanted,
      planOptions,
      async (plans) => (await evaluatePlans(graph, plans, parts.tune, stage("tune", told))).plans,
    );
  for (const [i, fitted] of (
    await fit(
      requests.map((r) => r.request),
      work,
    )
  ).entries()) {
    entries.push(dynamicEntry(requests[i]!.target, fitted));
  }
  for (const target of targets) {
    for (const name of chosenPolicies) {
      const reachable = target >= least;
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
          ...(!plan && { note: cannot(least) }),
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

  // The evaluation samples may cost more than the tuning samples did. A row that ends above its target is fitted
  // again to a lower share: only its cost is looked at here, never its error.
  const untold = { ...work, onProgress: undefined };
  for (let again = 0; again < refits; again++) {
    const over = entries.filter((entry) => excess(entry, results.get(entry)) > slack);
    const wanted = over.flatMap((entry) => {
      const fraction = (entry.request?.fraction ?? -1) - excess(entry, results.get(entry));
      return entry.request && fraction >= 0 ? [{ entry, request: { ...entry.request, fraction } }] : [];
    });
    if (wanted.length === 0) break;
    const lower = (
      await fit(
        wanted.map((w) => w.request),
        untold,
      )
    ).map((fitted, i) => ({
      ...dynamicEntry(wanted[i]!.entry.row.targetCost!, fitted),
      lowered: true,
    }));
    const { plans } = await evaluatePlans(
      graph,
      lower.map((entry) => entry.plan!),
      parts.test,
      stage("evaluate", untold),
    );
    lower.forEach((entry, i) => {
      entries[entries.indexOf(wanted[i]!.entry)] = entry;
      results.set(entry, plans[i]!);
    });
  }
  throwIfCancelled(options.signal, graph);

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

function dynamicEntry(target: number, fitted: Fitted): Entry {
  const { name } = fitted.request.rule;
  const isTau = ruleNamed(name).threshold === "tau";
  const nothing = Number.isNaN(fitted.fraction);
  return {
    plan: fitted.plan,
    request: nothing ? undefined : fitted.request,
    row: {
      name: `dynamic ${name}`,
      mode: "dynamic",
      policy: null,
      rule: name,
      tau: isTau && !nothing ? fitted.threshold : null,
      targetCost: target,
      ...(nothing && { note: "no threshold recomputes this little" }),
      ...(fitted.saturated && { note: "nothing is left that the rule would recompute" }),
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
      note: cannot(least),
    },
  };
}

function cannot(least: number): string {
  return `cannot: it costs at least ${Number(least.toPrecision(4))}`;
}

function rowOf({ row, lowered }: Entry, result: Evaluation | null): ComparisonRow {
  const notes = [
    row.note,
    lowered && "threshold lowered, to keep the target on these samples",
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

function excess({ row }: Entry, result: Evaluation | undefined): number {
  return result && row.targetCost !== null ? result.cost - row.targetCost : 0;
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
  named: (name: string) => unknown,
): string[] {
  asked?.filter((name) => name !== "all").forEach(named);
  const wanted = asked === undefined ? defaults : asked.includes("all") ? known.map((k) => k.name) : asked;
  return [...new Set([...wanted, ...known.filter((k) => k.control).map((k) => k.name)])];
}

/** Each number once. */
function numbersOf(values: readonly number[], where: string): number[] {
  const wrong = values.find((value) => !(value >= 0 && value < Infinity));
  if (wrong === undefined) return [...new Set(values)];
  throw new UsageError("bad-option", {
    what: `${wrong} is out of range`,
    where,
    next: "give numbers, 0 or larger",
  });
}
