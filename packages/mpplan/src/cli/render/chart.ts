// Error against modelled cost, as an SVG that needs no script: colours come from the page around it.
import * as Plot from "@observablehq/plot";
import type { ComparisonRow } from "@mpplan/ir";
import { parseHTML } from "linkedom";
import { formatCost, formatError, formatPower, formatShare } from "./numbers.js";
import type { Series } from "./series.js";

/** What can be drawn of a row: where its error is 0, which a logarithm has no place for, it lies on the bottom line. */
interface Point {
  readonly row: ComparisonRow;
  readonly cost: number;
  readonly y: number;
  readonly zero: boolean;
}

export interface ChartFacts {
  /** True where a point is drawn on the bottom line because its error is 0. */
  readonly zeros: boolean;
  /** Rows without a cost or a finite error. */
  readonly left: number;
}

/** One place per row that cannot be drawn, and whether the bottom line stands for 0. */
export function chartFacts(rows: readonly ComparisonRow[]): ChartFacts {
  const drawn = rows.filter(isDrawable);
  return { zeros: drawn.some((row) => row.error === 0), left: rows.length - drawn.length };
}

/** The chart at that width in CSS pixels, or null where no row has both a cost and an error. */
export function chartSvg(series: readonly Series[], width: number): string | null {
  const rows = series.flatMap((s) => s.rows).filter(isDrawable);
  if (rows.length === 0) return null;
  const narrow = width < 600;
  const scale = verticalScale(rows.map((row) => row.error!));
  const [left, right] = horizontalDomain(rows.map((row) => row.cost!));
  const points = series.map((s) => ({
    s,
    points: s.rows
      .filter(isDrawable)
      .map((row) => ({
        row,
        cost: row.cost!,
        y: row.error === 0 ? scale.bottom : row.error!,
        zero: row.error === 0,
      }))
      .sort((a, b) => a.cost - b.cost || b.y - a.y),
  }));
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg = Plot.plot({
    document,
    width,
    height: narrow ? 340 : 460,
    marginLeft: 52,
    marginRight: narrow ? 14 : 24,
    marginTop: 30,
    marginBottom: 44,
    style: { background: "none", fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
    x: {
      domain: [left, right],
      label: "modelled cost (1 = everything in high precision) →",
      ticks: narrow ? 5 : 9,
    },
    y: { type: "log", domain: [scale.bottom, scale.top], axis: null },
    marks: [
      // Given as text: a tick format would be dropped for all but the powers of ten.
      Plot.axisY(scale.ticks, {
        text: scale.ticks.map(formatPower),
        label: "↑ relative error of the outputs",
      }),
      Plot.gridY(scale.ticks, { stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.gridX({ ticks: narrow ? 5 : 9, stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.ruleX(
        [1].filter((x) => x >= left && x <= right),
        { stroke: "var(--axis)", strokeDasharray: "2,3" },
      ),
      ...(scale.hasZero ? zeroLine(scale.bottom, right) : []),
      ...points.filter(({ s }) => s.kind !== "uniform").map(line),
      ...points.flatMap(dots),
      ...points.filter(({ s }) => s.kind === "uniform").map((p) => labels(p.points, (left + right) / 2)),
    ],
  });
  // Plot adds its style sheet to every SVG; the page has one for all.
  svg.querySelector("style")?.remove();
  svg.setAttribute("role", "img");
  svg.setAttribute(
    "aria-label",
    "Relative error against modelled cost; the table below has the same numbers.",
  );
  return svg.outerHTML;
}

/** The symbol of a series alone, for legend and table; 14 pixels wide. */
export function symbolSvg({ symbol, colour, kind }: Series): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg = Plot.plot({
    document,
    width: 14,
    height: 14,
    margin: 0,
    x: { domain: [0, 2], axis: null },
    y: { domain: [0, 2], axis: null },
    marks: [Plot.dot([[1, 1]], { symbol, r: 4, ...paint(colour, kind) })],
  });
  svg.querySelector("style")?.remove();
  svg.setAttribute("aria-hidden", "true");
  return svg.outerHTML;
}

function isDrawable(row: ComparisonRow): boolean {
  return row.cost !== null && row.error !== null && Number.isFinite(row.cost) && Number.isFinite(row.error);
}

type Drawn = { s: Series; points: Point[] };

function line({ s, points }: Drawn): Plot.Markish {
  return Plot.line(points, {
    x: "cost",
    y: "y",
    stroke: s.colour,
    strokeWidth: s.kind === "control" ? 1.25 : 1.75,
    strokeOpacity: 0.8,
    ...(s.kind === "control" && { strokeDasharray: "4,4" }),
  });
}

function dots({ s, points }: Drawn): Plot.Markish[] {
  const title = (p: Point): string => tooltip(p.row);
  const look = { x: "cost", y: "y", title, ...paint(s.colour, s.kind) };
  return [
    Plot.dot(
      points.filter((p) => !p.zero),
      { ...look, symbol: s.symbol, r: s.kind === "uniform" ? 5 : 4.5 },
    ),
    // A zero points down: its true place is infinitely far below.
    Plot.dot(
      points.filter((p) => p.zero),
      { ...look, symbol: "triangle", rotate: 180, r: 5 },
    ),
  ];
}

function paint(colour: string, kind: Series["kind"]): Plot.DotOptions {
  return kind === "uniform"
    ? { fill: "var(--surface)", stroke: colour, strokeWidth: 2 }
    : { fill: colour, stroke: "var(--surface)", strokeWidth: 1 };
}

/** Names beside the uniform points, on the side where there is room. */
function labels(points: readonly Point[], middle: number): Plot.Markish {
  const side = (right: boolean): Plot.Markish =>
    Plot.text(
      points.filter((p) => p.cost > middle === right),
      {
        x: "cost",
        y: "y",
        text: (p: Point) => p.row.name.replace(/^uniform /, ""),
        dx: right ? 8 : 10,
        dy: right ? -13 : -9,
        textAnchor: right ? "end" : "start",
        fill: "var(--ink)",
        stroke: "var(--surface)",
        strokeWidth: 4,
        fontWeight: 600,
      },
    );
  return Plot.marks(side(false), side(true));
}

function zeroLine(bottom: number, right: number): Plot.Markish[] {
  return [
    Plot.ruleY([bottom], { stroke: "var(--axis)" }),
    Plot.text([[right, bottom]], { text: () => "error 0", dy: -9, textAnchor: "end", fill: "var(--muted)" }),
  ];
}

function tooltip(row: ComparisonRow): string {
  return [
    row.name,
    `modelled cost ${formatCost(row.cost)}${row.targetCost === null ? "" : `, target ${row.targetCost}`}`,
    `relative error ${formatError(row.error)}`,
    ...(row.flips === null ? [] : [`${row.flips} flips`]),
    ...(row.fractionHigh === null ? [] : [`${formatShare(row.fractionHigh)} in high precision`]),
  ].join("\n");
}

function verticalScale(errors: readonly number[]): {
  bottom: number;
  top: number;
  ticks: number[];
  hasZero: boolean;
} {
  const positive = errors.filter((error) => error > 0);
  const hasZero = positive.length < errors.length;
  const least = positive.length > 0 ? Math.min(...positive) : 1e-6;
  const most = positive.length > 0 ? Math.max(...positive) : 1e-6;
  // A little air above and below; where an error is 0, room for a line of its own.
  const bottom = hasZero ? least / 5 : least / 1.4;
  const top = most * 1.4;
  const decades = Math.log10(top / bottom);
  const steps = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(bottom)); power <= Math.log10(top); power++) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick > bottom * (hasZero ? 1.5 : 1) && tick < top) ticks.push(tick);
    }
  }
  return { bottom, top, ticks, hasZero };
}

function horizontalDomain(costs: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  const air = Math.max(0.02, (most - least) * 0.06);
  return [least - air, most + air];
}
