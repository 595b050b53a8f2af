// Compares uniform, dynamic and static accumulation on the same samples at equal modelled cost, controls beside.
import { evaluatePlans, type Evaluation } from "@mpplan/calibration";
import { split, unplannedSums, type Comparison, type Plan, type Samples } from "@mpplan/ir";
import {
  dynamicPlan,
  fitHybrids,
  fitThresholds,
  hybridAt,
  hybridFront,
  planAt,
  planFront,
  policies,
  policyNamed,
  ruleNamed,
  rules,
  uniformPlan,
  type FitRequest,
  type HybridRequest,
} from "@mpplan/planner";
import { UsageError } from "./errors.js";
import { dynamicFraction, leastCost } from "./budgets.js";
import {
  cannot,
  dynamicEntry,
  excess,
  hybridEntry,
  outOfReach,
  rowOf,
  slack,
  type Entry,
} from "./comparison-rows.js";
import { openContest, pairOf, type Contest } from "./contest.js";
import { mixedPolicies } from "./plan-makers.js";
import { makeProfile } from "./pipeline.js";
import { formatOfCost } from "./equal-cost-format.js";
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
const defaultRules = ["contribution", "kappa"];
const defaultPolicies = ["absolute", "kappa", "sensitivity"];

/** How often rows that cost too much are fitted again. */
const refits = 4;

export async function compareModel(
  source: ModelSource,
  samples: Samples,
  options: CompareOptions,
): Promise<Comparison> {
  const precision = resolvePrecision(options);
  const taus = numbersOf(options.taus ?? defaultTaus, "--taus");
  const targets = numbersOf(options.targetCosts ?? defaultTargetCosts, "--costs");
  const chosenRules = withContender(chosen(options.rules, defaultRules, rules, ruleNamed), "contribution");
  // Uniform and hybrid rows are always there.
  const asked = options.policies?.filter((name) => name !== "uniform" && !Object.hasOwn(mixedPolicies, name));
  const chosenPolicies = withContender(chosen(asked, defaultPolicies, policies, policyNamed), "sensitivity");
  const { seed, executor } = resolveWork(options);
  const work = { ...options, seed, executor };
  const parts = split(samples, { seed, calibrate: options.samples, evaluate: options.evaluate });
  const graph = prepareGraph(importModel(source), samples.at(0), precision.operands);
  highPrecisionSites(siteNames(graph), options);
  const profile = await makeProfile(graph, parts.build, precision, work);
  const planOptions = planOptionsOf(profile, precision, work);
  const contest = openContest(graph, profile, parts.tune, planOptions, work);
  // Dynamic rules know two formats; a longer ladder is for static and hybrid plans.
  const pair = pairOf(planOptions);
  const twoFormats = hybridFront(profile, pair);
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
      plan: dynamicPlan(profile, ruleNamed("kappa"), tau, pair),
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
      const own = leastCost(profile, pair, rule.needsMagnitude ? 2 : 1);
      const fraction = dynamicFraction({ kind: "cost", value: target }, profile, pair, rule);
      if (target >= own) requests.push({ request: { rule, fraction }, target });
      else entries.push(outOfReach("dynamic", name, target, own));
    }
  }
  const fit = (wanted: readonly FitRequest[], told: WorkOptions) =>
    fitThresholds(
      profile,
      wanted,
      pair,
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
  const fronts = new Map(
    chosenPolicies.map((name) => [name, planFront(profile, policyNamed(name), planOptions)]),
  );
  const staticPlan = (name: string, target: number): Plan =>
    name === "sensitivity" && target >= contest.still.baseCost
      ? { ...hybridAt(contest.still, target, name), budget: { kind: "cost", value: target } }
      : planAt(fronts.get(name)!, { kind: "cost", value: target });
  for (const target of targets) {
    for (const name of chosenPolicies) {
      const plan = target >= least ? staticPlan(name, target) : null;
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

  const hybrids: [string, HybridRequest][] = targets.flatMap((target) => [
    ["hybrid", { front: contest.hybrid, target }],
    ...(planOptions.accumulators.length > 2
      ? [["hybrid, two formats", { front: twoFormats, target }] as [string, HybridRequest]]
      : []),
  ]);
  const reachable = hybrids.filter(([, { front, target }]) => target >= front.baseCost);
  for (const [name, { front, target }] of hybrids) {
    if (target < front.baseCost) entries.push(outOfReach("hybrid", name, target, front.baseCost));
  }
  for (const [i, fitted] of (
    await fitHybrids(
      reachable.map(([, request]) => request),
      contest.simulate,
    )
  ).entries()) {
    entries.push(hybridEntry(reachable[i]![0], fitted));
  }
  for (const target of targets) {
    // A uniform row puts every sum into its format: it has no place beside plans that were told to keep some high.
    if (planOptions.forceHigh) break;
    const uniform = formatOfCost(target, pair.accumulators[0]!, pair.accumulators[1]!, planOptions.costs);
    if (!uniform) continue;
    const { accumulator, costs } = uniform;
    // A rung of the ladder has its row already.
    if (planOptions.accumulators.some((rung) => rung.format === accumulator.format)) continue;
    const plan = uniformPlan(profile, 0, {
      ...pair,
      accumulators: [accumulator, pair.accumulators[1]!],
      costs,
    });
    entries.push({
      plan,
      row: {
        name: `uniform ${accumulator.format}`,
        mode: "uniform",
        policy: "uniform",
        rule: null,
        tau: null,
        targetCost: target,
      },
    });
  }
  await predict(entries, contest);
  markChoices(entries, targets);

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
  const quiet = openContest(graph, profile, parts.tune, planOptions, untold);
  const lowerThresholds = async (over: readonly Entry[]): Promise<[Entry, Entry][]> => {
    const wanted = over.flatMap((entry) => {
      const fraction = (entry.request?.fraction ?? -1) - excess(entry, results.get(entry));
      return entry.request && fraction >= 0 ? [{ entry, request: { ...entry.request, fraction } }] : [];
    });
    const requests = wanted.map((w) => w.request);
    return (await fit(requests, untold)).map((fitted, i) => {
      const { entry } = wanted[i]!;
      const { chosen } = entry;
      return [
        entry,
        { ...dynamicEntry(entry.row.targetCost!, fitted), lowered: true, ...(chosen && { chosen }) },
      ];
    });
  };
  const lowerHybrids = async (over: readonly Entry[]): Promise<[Entry, Entry][]> => {
    const wanted = over.flatMap((entry) => {
      if (!entry.hybrid) return [];
      const target = entry.hybrid.target - excess(entry, results.get(entry));
      return target >= entry.hybrid.front.baseCost ? [{ entry, request: { ...entry.hybrid, target } }] : [];
    });
    const requests = wanted.map((w) => w.request);
    return (await fitHybrids(requests, quiet.simulate)).map((fitted, i) => {
      const { entry } = wanted[i]!;
      const again = hybridEntry(entry.row.name, fitted, entry.row.targetCost!);
      return [entry, { ...again, lowered: true, ...(entry.chosen && { chosen: true }) }];
    });
  };
  for (let again = 0; again < refits; again++) {
    const over = entries.filter((entry) => excess(entry, results.get(entry)) > slack);
    const lower = [...(await lowerThresholds(over)), ...(await lowerHybrids(over))];
    if (lower.length === 0) break;
    const { plans } = await evaluatePlans(
      graph,
      lower.map(([, entry]) => entry.plan!),
      parts.test,
      stage("evaluate", untold),
    );
    await predict(
      lower.map(([, entry]) => entry),
      quiet,
    );
    lower.forEach(([before, entry], i) => {
      entries[entries.indexOf(before)] = entry;
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
    unplanned: unplannedSums(graph),
    rows: entries.map((entry) => rowOf(entry, results.get(entry) ?? null)),
  };
}

/** Every plan's error on the tune samples. */
async function predict(entries: readonly Entry[], contest: Contest): Promise<void> {
  const some = entries.filter((entry) => entry.plan !== null);
  const results = await contest.simulate(some.map((entry) => entry.plan!));
  some.forEach((entry, i) => (entry.predicted = results[i]!.error));
}

/** Of the contenders at each cost, the one that loses least on the tune samples: what compile would take. */
function markChoices(entries: readonly Entry[], targets: readonly number[]): void {
  const loss = (entry: Entry): number => entry.predicted ?? Infinity;
  // In compile's order, so that equals fall out the same way.
  const order = ["static", "hybrid", "dynamic"];
  const place = ({ row }: Entry): number => order.indexOf(row.mode);
  for (const target of targets) {
    const [best] = entries
      .filter(
        ({ plan, row }) =>
          plan !== null &&
          row.targetCost === target &&
          (row.name === "hybrid" || row.policy === "sensitivity" || row.rule === "contribution"),
      )
      .sort((a, b) => loss(a) - loss(b) || place(a) - place(b));
    if (best) best.chosen = true;
  }
}

/** The chosen names, every control among them. "all" takes everything there is. */
function chosen(
  asked: readonly string[] | undefined,
  defaults: readonly string[],
  known: readonly { name: string; control?: true }[],
  named: (name: string) => unknown,
): string[] {
  asked?.filter((name) => name !== "all").forEach((name) => named(name));
  const wanted = asked === undefined ? defaults : asked.includes("all") ? known.map((k) => k.name) : asked;
  return [...new Set([...wanted, ...known.filter((k) => k.control).map((k) => k.name)])];
}

/** What the compiler chooses from is always there to be compared. */
function withContender(names: readonly string[], contender: string): readonly string[] {
  return names.includes(contender) ? names : [contender, ...names];
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
