// A node's columns by what a decision does with them: parts that share an accumulator, and those whose tests look at one
// low format and ask for one high accumulator.
import type { Choice, Decision } from "@mpplan/ir";
import type { KernelRequest, Problem } from "@mpplan/runtime";
import type { Tested } from "./lookup.js";

type Range = Decision["ranges"][number];
type Dynamic = Extract<Choice, { mode: "dynamic" }>;

/** Columns that start with the same accumulator, as group x columns + column. */
export interface Part {
  readonly use: number;
  readonly lanes: readonly number[];
}

/** Columns whose tests look at one low format, or at magnitudes too, and ask for one high accumulator. */
export interface TestedPart {
  readonly low: number;
  readonly high: number;
  readonly magnitudes: boolean;
  readonly lanes: readonly number[];
  readonly neurons: readonly Tested[];
}

export function partsOf(
  { decision, site }: KernelRequest,
  problem: Problem,
): { parts: Part[]; tested: TestedPart[] } {
  const ranges = new Array<Range>(site?.neurons ?? 0);
  for (const range of decision!.ranges) ranges.fill(range, range.start, range.end);
  const scales = decision!.arrangement?.scales;
  const parts = new Map<number, number[]>();
  const tested = new Map<string, TestedPart & { lanes: number[]; neurons: Tested[] }>();
  for (let lane = 0; lane < problem.groups * problem.columns; lane++) {
    const neuron = problem.neuron(Math.floor(lane / problem.columns), lane % problem.columns);
    const { choice, start } = ranges[neuron]!;
    const use = choice.mode === "static" ? choice.use : choice.low;
    const list = parts.get(use);
    if (list) list.push(lane);
    else parts.set(use, [lane]);
    if (choice.mode === "static") continue;
    const { low, high, test }: Dynamic = choice;
    const magnitudes = test.rule === "kappa-full";
    const key = `${low}|${high}|${magnitudes}`;
    let part = tested.get(key);
    if (!part) tested.set(key, (part = { low, high, magnitudes, lanes: [], neurons: [] }));
    part.lanes.push(lane);
    part.neurons.push({ test, neuronInRange: neuron - start, exponent: scales?.[neuron] ?? 0 });
  }
  return {
    parts: [...parts].map(([use, lanes]) => ({ use, lanes })),
    tested: [...tested.values()],
  };
}
