// What came of many cases: totals, a line per operator, and the page docs/conformance.md.
import { readFileSync } from "node:fs";
import path from "node:path";
import { modelOperators } from "@mpplan/onnx";
import type { Case } from "./cases.js";
import type { Gaps } from "./gaps.js";
import { runCase, type Outcome } from "./run-case.js";

export interface Result {
  readonly name: string;
  /** The operators of the model, sorted. */
  readonly operators: readonly string[];
  readonly outcome: Outcome;
}

export type Counts = Readonly<Record<Outcome["verdict"], number>>;

/** Operators that only training needs: told apart, since this project runs models. */
export function isTraining({ operators }: Result): boolean {
  return operators.some((operator) => operator.startsWith("ai.onnx.preview.training."));
}

export async function runAll(
  cases: readonly Case[],
  each: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of cases) {
    const operators = modelOperators(readFileSync(path.join(one.folder, "model.onnx")));
    const result: Result = { name: one.name, operators, outcome: await runCase(one) };
    results.push(result);
    each(result);
  }
  return results;
}

export function countsOf(results: readonly Result[]): Counts {
  const counts = { pass: 0, mismatch: 0, unsupported: 0, error: 0 };
  for (const { outcome } of results) counts[outcome.verdict]++;
  return counts;
}

/** The counts of the cases that each operator occurs in, sorted by operator. */
export function perOperator(results: readonly Result[]): [operator: string, counts: Counts][] {
  const operators = [...new Set(results.flatMap((result) => result.operators))].sort();
  return operators.map((operator) => [
    operator,
    countsOf(results.filter((result) => result.operators.includes(operator))),
  ]);
}

/** `634 pass, 0 mismatch, 441 unsupported, 11 error` */
export function printCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}

/** The page, for the whole of the cases. */
export function page(results: readonly Result[], gaps: Gaps): string {
  const inference = results.filter((result) => !isTraining(result));
  const counts = countsOf(inference);
  const rows = perOperator(inference).map(
    ([operator, c]) =>
      `| ${operator} | ${c.pass} | ${c.mismatch} | ${c.unsupported} | ${c.error} | ${gaps.operators[operator] ?? ""} |`,
  );
  const cases = Object.entries(gaps.cases).map(([name, why]) => `| \`${name}\` | ${why} |`);
  return [
    "<!-- Generated: npm run conformance -- --dir <node cases> --write -->",
    "",
    "# Conformance",
    "",
    `Of ${inference.length} node cases of ONNX's backend test data, ${printCounts(counts)}. A case passes if every output has`,
    "the right kind, element type and dims, and every element is right: floats to a relative 1e-3 and an absolute 1e-7, NaN",
    `for NaN, all else exactly. ${results.length - inference.length} cases of operators that only training needs are left out.`,
    "",
    "Models run in the exact reference: binary64 throughout, narrow floats rounded where they are stored. A case counts for",
    "every operator in its model.",
    "",
    "| operator | pass | mismatch | unsupported | error | why not |",
    "|-|-|-|-|-|-|",
    ...rows,
    "",
    "## Cases that do not pass for a reason of their own",
    "",
    ...(cases.length > 0 ? ["| case | why |", "|-|-|", ...cases] : ["None."]),
    "",
  ].join("\n");
}
