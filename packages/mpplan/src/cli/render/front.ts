// What each cost buys, as a table.
import type { FrontRow } from "../commands/front.js";
import { formatCost, formatError, formatShare } from "./numbers.js";
import { table } from "./table.js";

export function frontText(rows: readonly FrontRow[], samples: number): string {
  const classifier = rows.some((row) => row.flips !== null);
  const notes = rows.flatMap(({ budget, note }) => (note === undefined ? [] : [`${budget}: ${note}`]));
  return [
    table(
      ["budget", "plan", "cost", "in high", "error", ...(classifier ? ["flips"] : [])],
      ["right", "left", "right", "right", "right", ...(classifier ? ["right" as const] : [])],
      rows.map((row) => [
        String(row.budget),
        row.mode ?? "none",
        formatCost(row.cost) || "-",
        formatShare(row.fractionHigh) || "-",
        formatError(row.error) || "-",
        ...(classifier ? [formatShare(row.flips) || "-"] : []),
      ]),
    ),
    `\n\nerror${classifier ? " and flips" : ""}: relative to the exact network, on ${samples} tuning samples\n`,
    ...notes.map((note) => `${note}\n`),
    "make the plan of a cost with mpplan plan --budget\n",
  ].join("");
}
