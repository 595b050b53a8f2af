// What a run really did, for people.
import type { ExecutedSite, Plan } from "@mpplan/ir";
import { measuredCost } from "@mpplan/ir";
import { fixed, percent, table } from "./table.js";

type Facts = Readonly<Record<string, { dims: readonly number[]; type: string }>>;

export function executedText(
  plan: Plan | null,
  executed: readonly ExecutedSite[],
  outputs: Facts,
  samples: number,
  seconds: number,
  written: string | undefined,
): string {
  const lines = Object.entries(outputs).map(
    ([name, { dims, type }]) => `  ${name} ${type}[${dims.join(", ")}]\n`,
  );
  const head = `${samples} samples in ${seconds.toFixed(1)} s (emulation; no measure of the plan's speed)\n${lines.join("")}`;
  const tail =
    written === undefined
      ? "the values were not kept: give -o out.npz for them\n"
      : `values written to ${written}\n`;
  if (!plan) return `${head}exact sums: no accumulator was emulated\n${tail}`;
  const rows = executed.map((e) => [
    e.site,
    e.backend,
    ...plan.accumulators.map((_, id) => percent((e.components[id] ?? 0) / Math.max(e.total, 1))),
    String(e.recomputed),
    e.substitution ?? "",
  ]);
  const { cost, fractionHigh } = measuredCost(plan, executed);
  return [
    head,
    "\n",
    table(
      ["executed", "backend", ...plan.accumulators.map((a) => a.format), "recomputed", ""],
      ["left", "left", ...plan.accumulators.map(() => "right" as const), "right", "left"],
      rows,
    ),
    `\n\nmodelled cost ${fixed(cost, 4)}, ${percent(fractionHigh)} of the multiply-accumulates in high precision\n${tail}`,
  ].join("");
}
