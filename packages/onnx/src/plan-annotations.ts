// A plan as notes for `annotate`: short texts for people who open the model in a viewer. The plan itself, as JSON,
// stays the document that programs read.
import {
  printAccumulator,
  printArrangement,
  type Budget,
  type Choice,
  type Decision,
  type NodeId,
  type Plan,
} from "@mpplan/ir";
import type { Notes } from "./annotate.js";

/**
 * The notes of a plan, for its nodes and for the model as a whole. A site that is none of the `known` nodes of a file,
 * such as a gate of an LSTM that is planned step by step, has its note in the model's: `mpplan.site.<site>`.
 *
 * @example
 * const { nodes, model } = planAnnotations(plan);
 * const noted = annotate(bytes, nodes, model);
 * // conv1: mpplan.accumulators = "ieee-e4m3 92 %, binary16 8 %", mpplan.decision = "0-91 #0; 92-99 #1", ...
 */
export function planAnnotations(
  plan: Plan,
  known?: { has(id: NodeId): boolean },
): { nodes: Map<NodeId, Notes>; model: Notes } {
  const nodes = new Map<NodeId, Notes>();
  const others: Record<string, string> = {};
  for (const decision of plan.decisions) {
    if (known && !known.has(decision.site)) {
      others[`mpplan.site.${decision.site}`] = `${shares(plan, decision)}, because ${decision.because}`;
      continue;
    }
    const arrangement = decision.arrangement && printArrangement(decision.arrangement);
    nodes.set(decision.site, {
      "mpplan.accumulators": shares(plan, decision),
      "mpplan.decision": decision.ranges
        .map((range) => `${neurons(range)} ${printChoice(range.choice)}`)
        .join("; "),
      ...(arrangement && { "mpplan.arrangement": arrangement }),
      "mpplan.because": decision.because,
    });
  }
  return { nodes, model: { ...modelNotes(plan), ...others } };
}

function modelNotes(plan: Plan): Notes {
  return {
    "mpplan.plan": [
      `${plan.mode} plan by ${plan.policy}`,
      `preset ${plan.preset}`,
      `budget ${printBudget(plan.budget)}`,
      `seed ${plan.seed}`,
    ].join(", "),
    // The digest of the file before any note: what `mpplan run` compares with.
    "mpplan.model": plan.model.digest,
    "mpplan.accumulators": plan.accumulators
      .map((a, i) => `#${i}: ${printAccumulator(a as PlanAccumulator)}`)
      .join("\n"),
  };
}

type PlanAccumulator = Parameters<typeof printAccumulator>[0];

/** `ieee-e4m3 92 %, binary16 8 %`: the share of neurons of each choice, the largest first. */
function shares(plan: Plan, decision: Decision): string {
  const counts = new Map<string, number>();
  for (const { start, end, choice } of decision.ranges) {
    const name = choiceName(plan, choice);
    counts.set(name, (counts.get(name) ?? 0) + end - start);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${percent(count / decision.neurons)}`)
    .join(", ");
}

function choiceName(plan: Plan, choice: Choice): string {
  switch (choice.mode) {
    case "static":
      return accumulatorName(plan, choice.use);
    case "dynamic":
      return `${accumulatorName(plan, choice.low)} or ${accumulatorName(plan, choice.high)}`;
    default:
      return choice satisfies never;
  }
}

/** The format; with the accumulator's number where another one has the same format. */
function accumulatorName(plan: Plan, id: number): string {
  const format = plan.accumulators[id]?.format ?? "?";
  const alike = plan.accumulators.filter((a) => a.format === format).length;
  return alike > 1 ? `${format} (#${id})` : format;
}

function neurons({ start, end }: { start: number; end: number }): string {
  return end - start === 1 ? `${start}` : `${start}-${end - 1}`;
}

/** `#1`, or `#0 or #1 where kappa(tanh) > 0.5`. */
function printChoice(choice: Choice): string {
  if (choice.mode === "static") return `#${choice.use}`;
  const { test } = choice;
  const pair = `#${choice.low} or #${choice.high}`;
  switch (test.rule) {
    case "kappa":
    case "kappa-full":
      return `${pair} by ${test.rule}(${test.activation}) > ${test.tau}`;
    case "contribution":
      return `${pair} by contribution(${test.activation}) > ${span(test.thresholds)}`;
    case "softmax":
      return `${pair} by softmax(${test.tau}, scale ${test.scale})`;
    case "random":
      return `${pair} by random(${test.share}, seed ${test.seed})`;
    case "random-live":
      return `${pair} by random-live(${test.share}, seed ${test.seed}, ${test.activation})`;
    default:
      return test satisfies never;
  }
}

/** `0.5`, or `0.5 to 2` where there are several. */
function span(numbers: readonly number[]): string {
  const [least, most] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  return least === most ? `${least}` : `${least} to ${most}`;
}

function printBudget(budget: Budget): string {
  return budget.kind === "none" ? "none" : `${budget.kind} ${budget.value}`;
}

/** Whole percents, but never 0 % or 100 % for what is not. */
function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 0 && share > 0) return "< 1 %";
  if (rounded === 100 && share < 1) return "> 99 %";
  return `${rounded} %`;
}
