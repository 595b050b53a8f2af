// A plan and its report for people.
import {
  printAccumulator,
  printArrangement,
  type Choice,
  type Decision,
  type Plan,
  type Report,
} from "@mpplan/ir";
import { fixed, percent, scientific, table } from "./table.js";

/** The decisions, a line per site, each with its reason. */
export function planText(plan: Plan): string {
  const rows = plan.decisions.map((d) => [
    d.site,
    d.op,
    String(d.neurons),
    String(d.length),
    [decisionText(plan, d), d.arrangement ? printArrangement(d.arrangement) : ""].filter(Boolean).join("; "),
    d.because,
  ]);
  const accumulators = plan.accumulators.map((a) => `  ${printAccumulator(a)}\n`).join("");
  return [
    `${plan.mode} plan for ${plan.model.name}, policy ${plan.policy}, ${budgetText(plan)}\n`,
    accumulators,
    "\n",
    table(
      ["site", "op", "neurons", "terms", "accumulators", "because"],
      ["left", "left", "right", "right", "left", "left"],
      rows,
    ),
    "\n",
    plan.promise ? promiseText(plan.promise) : "",
    plan.data?.random ? "\nThis plan was made from RANDOM DATA: it says nothing about real inputs.\n" : "",
  ].join("");
}

function promiseText({ limit, confidence, samples, flips, upper }: NonNullable<Plan["promise"]>): string {
  return `\npromise: flips in at most ${percent(limit, 2)} of samples. ${flips} of ${samples} samples used for nothing else flipped: at ${percent(confidence, 0)} confidence at most ${percent(upper, 2)} do.\n`;
}

export function reportText(plan: Plan, report: Report): string {
  const { predicted } = plan;
  const flips = (share: number | null): string => percent(share, 2);
  const rows = [
    ...(predicted
      ? [
          [
            "predicted",
            scientific(predicted.error),
            flips(predicted.flips),
            fixed(predicted.cost, 4),
            percent(predicted.fractionHigh),
            `${predicted.samples} tuning samples`,
          ],
        ]
      : []),
    [
      "measured",
      scientific(report.error),
      flips(report.flips === null ? null : report.flips / Math.max(report.evaluated, 1)),
      fixed(report.cost, 4),
      percent(report.fractionHigh),
      `${report.evaluated} samples used for nothing else`,
    ],
  ];
  const nodes = [...report.nodes]
    .sort((a, b) => (b.local ?? Infinity) - (a.local ?? Infinity))
    .slice(0, 10)
    .map((n) => [n.site, n.op, scientific(n.local), scientific(n.cumulative), percent(n.fractionHigh)]);
  const accuracy =
    report.accuracy === null
      ? ""
      : `accuracy ${percent(report.accuracy, 2)}, with exact sums ${percent(report.referenceAccuracy, 2)}\n`;
  return [
    table(
      ["", "error", "flips", "cost", "in high", "on"],
      ["left", "right", "right", "right", "right", "left"],
      rows,
    ),
    `\n${accuracy}\nlargest errors by node (local: given exact inputs; cumulative: as run)\n`,
    table(
      ["site", "op", "local", "cumulative", "in high"],
      ["left", "left", "right", "right", "right"],
      nodes,
    ),
    "\n",
    substitutions(report),
  ].join("");
}

function substitutions(report: Report): string {
  // What no plan speaks of is said elsewhere, by reason.
  const lines = report.executed
    .filter((e) => e.substitution !== null && e.total > 0)
    .map((e) => `  ${e.site}: ${e.substitution}\n`);
  return lines.length === 0
    ? "every site was executed as planned\n"
    : `not executed as planned:\n${lines.join("")}`;
}

/** `ieee-e4m3 92 %, binary16 8 %`, by neurons, cheapest first; for dynamic choices the pair and its test. */
export function decisionText(plan: Plan, decision: Decision): string {
  const shares = new Map<string, { rung: number; neurons: number }>();
  for (const { start, end, choice } of decision.ranges) {
    const name = choiceText(plan, choice);
    const rung = choice.mode === "static" ? choice.use : choice.low;
    shares.set(name, { rung, neurons: (shares.get(name)?.neurons ?? 0) + end - start });
  }
  return [...shares]
    .sort(([, a], [, b]) => a.rung - b.rung)
    .map(([name, { neurons: n }]) =>
      n === decision.neurons ? name : `${name} ${percent(n / decision.neurons, 0)}`,
    )
    .join(", ");
}

function choiceText(plan: Plan, choice: Choice): string {
  const format = (id: number): string => plan.accumulators[id]?.format ?? `accumulator ${id}`;
  if (choice.mode === "static") return format(choice.use);
  return `${format(choice.low)}, then ${format(choice.high)} by ${choice.test.rule}`;
}

function budgetText({ budget }: Plan): string {
  switch (budget.kind) {
    case "none":
      return "no budget";
    case "tau":
      return `tau ${budget.value}`;
    case "cost":
      return `modelled cost at most ${budget.value}`;
    case "share":
      return `at most ${percent(budget.value)} in high precision`;
    case "error":
      return `relative error at most ${budget.value}`;
    case "flips":
      return `flips at most ${percent(budget.value, 2)}`;
    default:
      return budget satisfies never;
  }
}
