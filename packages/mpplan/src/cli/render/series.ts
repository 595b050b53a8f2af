// The rows of a comparison, gathered into the lines of the chart: which rows belong together and how they look.
import type { ComparisonRow } from "@mpplan/ir";

/** Told apart by shape and colour both, so that neither is needed. */
export const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"] as const;
export type SymbolName = (typeof symbols)[number];

/** Six colours of the page's style sheet, which has them for light and dark: `--series-0` to `--series-5`. */
const colours = 6;

export interface Series {
  readonly name: string;
  readonly symbol: SymbolName;
  /** A CSS colour. */
  readonly colour: string;
  /** Uniform formats stand alone, methods are lines, controls are dashed lines. */
  readonly kind: "uniform" | "method" | "control";
  readonly rows: readonly ComparisonRow[];
}

/** Series in the order in which their first rows appear. */
export function toSeries(rows: readonly ComparisonRow[]): Series[] {
  const groups = new Map<string, ComparisonRow[]>();
  for (const row of rows) {
    const name = seriesName(row);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  let methods = 0;
  let controls = 0;
  return [...groups].map(([name, group]) => {
    const kind = kindOf(group[0]!);
    if (kind === "uniform") return { name, kind, rows: group, symbol: "circle", colour: "var(--ink)" };
    if (kind === "control") {
      return { name, kind, rows: group, symbol: symbols[(controls++ + 5) % 7]!, colour: "var(--control)" };
    }
    const place = methods++;
    // 7 symbols and 6 colours have no common divisor: 42 series differ.
    return {
      name,
      kind,
      rows: group,
      symbol: symbols[place % 7]!,
      colour: `var(--series-${place % colours})`,
    };
  });
}

function seriesName(row: ComparisonRow): string {
  if (row.mode === "uniform") return "uniform format";
  const method = row.rule ?? row.policy;
  return method === null || method === row.mode ? row.mode : `${row.mode} ${method}`;
}

function kindOf(row: ComparisonRow): Series["kind"] {
  if (row.mode === "uniform") return "uniform";
  return /^random(-|$)/.test(row.rule ?? row.policy ?? "") ? "control" : "method";
}
