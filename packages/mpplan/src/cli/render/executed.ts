// What a run really did, for people.
import type { ExecutedSite, Plan } from "@mpplan/ir";
import { measuredCost } from "@mpplan/ir";
import { fixed, percent, table } from "./table.js";

/** What a run returns, for people and as JSON. */
export interface Measured {
  readonly outputs: Readonly<Record<string, { dims: readonly number[]; type: string }>>;
  readonly executed: readonly ExecutedSite[];
  readonly seconds: number;
  /** Where labels were given. */
  readonly accuracy?: number;
}

export function executedText(
  plan: Plan | null,
  { outputs, executed, seconds, accuracy }: Measured,
  samples: number,
  written: string | undefined,
): string {
  const lines = Object.entries(outputs).map(
    ([name, { dims, type }]) => `  ${name} ${type}[${dims.join(", ")}]\n`,
  );
  const right = accuracy === undefined ? "" : `accuracy ${percent(accuracy, 2)}\n`;
  const pace = plan ? "emulated: no measure of the plan's speed" : "in binary64";
  const head = `${samples} samples in ${seconds.toFixed(1)} s (${pace})\n${lines.join("")}${right}`;
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
