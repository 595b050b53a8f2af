// The comparison for people: a block per question, the controls beside what they control.
import type { Comparison, ComparisonRow } from "@mpplan/ir";
import { unplannedText } from "./unplanned.js";
import { fixed, percent, scientific, table } from "./table.js";

export function comparisonText(comparison: Comparison): string {
  const { rows, evaluated, settings } = comparison;
  const uniform = rows.filter((row) => row.mode === "uniform");
  const byTau = rows.filter((row) => row.targetCost === null && row.mode !== "uniform");
  const targets = [...new Set(rows.map((row) => row.targetCost).filter((t) => t !== null))];
  const reference = settings["referenceAccuracy"];
  const blocks = [
    block("the same accumulator everywhere", uniform),
    block("dynamic, the source paper's rule by its tolerance", byTau),
    ...targets.map((target) =>
      block(
        `at a modelled cost of ${target}`,
        rows.filter((row) => row.targetCost === target),
      ),
    ),
  ];
  return [
    `${comparison.model.name} on ${evaluated} samples that nothing was fitted to` +
      `${typeof reference === "number" ? `; with exact sums its accuracy is ${percent(reference, 2)}` : ""}\n`,
    comparison.samples.random ? "RANDOM DATA: none of this says anything about real inputs\n" : "",
    blocks.filter((text) => text !== "").join("\n"),
    "\nerror: relative Frobenius error of the (centred) outputs against exact sums; flips: samples decided otherwise.\n",
    "cost: modelled, by multiply-accumulates, 1 = everything high. It is no measured time: here low precision is\n",
    "emulated, and slower than f32.\n",
    unplannedText(comparison.unplanned ?? []),
  ].join("");
}

function block(title: string, rows: readonly ComparisonRow[]): string {
  if (rows.length === 0) return "";
  const lines = rows.map((row) => [
    `  ${row.name}`,
    fixed(row.cost, 4),
    percent(row.fractionHigh),
    scientific(row.error),
    row.flips === null ? "-" : String(row.flips),
    percent(row.accuracy, 2),
    row.note ?? "",
  ]);
  return `${table([title, "cost", "in high", "error", "flips", "accuracy", ""], ["left", "right", "right", "right", "right", "right", "left"], lines)}\n`;
}
