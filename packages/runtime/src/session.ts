// A graph under a plan, or the exact reference, ready to run.
import {
  bytesOf,
  describeNode,
  isTensor,
  sumSites,
  unplannedSums,
  valueSites,
  type Decision,
  type ExecutedSite,
  type Graph,
  type Plan,
  type RuntimeValue,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type { CountRound } from "./backend.js";
import { checkArrangement } from "./check-arrangement.js";
import { checkAllDecided, checkFeeds, checkPlan } from "./check-request.js";
import type { Execution, ValueMap, RunOptions, Session } from "./contract.js";
import { RuntimeError } from "./errors.js";
import { Values } from "./run-values.js";
import { stepFor, decided, type Step, type Means, type Machine } from "./steps.js";
import { walk, type Account } from "./walk.js";

export function createSession(graph: Graph, execution: Execution, means: Means): Session {
  const { backend, upload } = means;
  const plan = execution === "reference" ? null : execution;
  if (plan) checkPlan(graph, plan);
  const sites = new Map(sumSites(graph).map((site) => [site.node, site]));
  const values = new Map(valueSites(graph).map((site) => [site.node, site]));
  const decisions = new Map(plan?.decisions.map((d) => [d.site, d]));
  if (plan) checkAllDecided(plan, new Set([...sites.values(), ...values.values()].map((site) => site.id)));
  const unplanned = new Map(plan ? unplannedSums(graph).map(({ node, reason }) => [node, reason]) : []);
  const machine: Machine = { ...means, plan, unplanned };
  const steps = graph.nodes.map((node, place): Step => {
    const site = sites.get(node.id) ?? null;
    const decision = plan && decided(site, values.get(node.id), decisions, plan.accumulators.length);
    if (site && decision?.arrangement) checkArrangement(graph, site, decision.arrangement);
    return stepFor(machine, graph, node, place, site, decision);
  });

  const salted = plan?.decisions.some((d) => d.ranges.some((r) => usesRandomness(plan, r.choice))) ?? false;
  let executed: readonly ExecutedSite[] = [];
  let released = false;

  const runValues = async (
    feeds: ValueMap,
    options: RunOptions = {},
  ): Promise<Map<ValueId, RuntimeValue>> => {
    if (released) {
      throw new RuntimeError("released", {
        what: "The session has been released",
        where: `a run of "${graph.name}"`,
        next: "create a session again",
      });
    }
    checkFeeds(graph, feeds);
    const now: Account[] = [];
    const values = new Values(graph, backend, upload, plan ? "binary32" : "binary64", options);
    try {
      const fed = graph.inputs.map((id) => values.feed(id, feeds.get(id)!));
      const salt = salted ? saltOf(fed) : 0;
      await walk(
        machine,
        steps,
        values,
        { salt, memo: options.memo ?? null, round: roundCounter(means.maxRounds) },
        now,
      );
      const outputs = await values.outputs();
      executed = await Promise.all(now.map(async ({ site, counts }) => ({ ...site, ...(await counts?.()) })));
      return outputs;
    } finally {
      await values.release();
    }
  };

  return {
    runValues,
    run: async (feeds, options) => onlyTensors(await runValues(feeds, options), graph),
    get executed() {
      return executed;
    },
    dispose() {
      released = true;
    },
  };
}

/** Counts the rounds of all loops of one run. */
export function roundCounter(most: number): CountRound {
  let rounds = 0;
  return (node) => {
    if (++rounds <= most) return;
    throw new RuntimeError("too-many-rounds", {
      what: `The loops of one run make more than ${most} rounds`,
      where: describeNode(node),
      next: "check the loop's condition, or raise maxRounds of the executor",
    });
  };
}

/** @throws RuntimeError `not-a-tensor`. */
function onlyTensors(values: ReadonlyMap<ValueId, RuntimeValue>, graph: Graph): Map<ValueId, Tensor> {
  const tensors = new Map<ValueId, Tensor>();
  for (const [id, value] of values) {
    if (!isTensor(value)) {
      throw new RuntimeError("not-a-tensor", {
        what: `The output "${id}" is a ${value.kind}, not a tensor`,
        where: `a run of "${graph.name}"`,
        next: "run the session with runValues, which yields values of every kind",
      });
    }
    tensors.set(id, value);
  }
  return tensors;
}

function usesRandomness(plan: Plan, choice: Decision["ranges"][number]["choice"]): boolean {
  const stochastic = (id: number): boolean => plan.accumulators[id]?.rounding === "stochastic";
  if (choice.mode === "static") return stochastic(choice.use);
  return choice.test.rule.startsWith("random") || stochastic(choice.low) || stochastic(choice.high);
}

/** FNV-1a over the bytes of the inputs, in the graph's order: runs on different inputs draw different random numbers. */
function saltOf(inputs: readonly RuntimeValue[]): number {
  let hash = 0x811c9dc5;
  const add = (value: RuntimeValue): void => {
    if (isTensor(value)) for (const byte of bytesOf(value)) hash = Math.imul(hash ^ byte, 0x01000193);
    else if (value.kind === "sequence") value.items.forEach(add);
    else if (value.kind === "map") [value.keys, value.values].forEach(add);
  };
  inputs.forEach(add);
  return hash;
}
