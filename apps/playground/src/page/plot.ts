// Draws measured plans as lines over cost, and a mark where the knob stands.
import type { ComparisonRow } from "@mpplan/ir";
import type * as PlotModule from "@observablehq/plot";
import { costText, errorText } from "./numbers.js";

export const series = [
  {
    name: "hybrid",
    colour: "var(--series-2)",
    symbol: "circle",
    has: (r: ComparisonRow) => r.mode === "hybrid",
  },
  {
    name: "static",
    colour: "var(--series-0)",
    symbol: "square",
    has: (r: ComparisonRow) => r.mode === "static",
  },
  {
    name: "dynamic, by contribution",
    colour: "var(--series-3)",
    symbol: "triangle",
    has: (r: ComparisonRow) => r.rule === "contribution",
  },
  {
    name: "dynamic, the paper's rule",
    colour: "var(--series-1)",
    symbol: "diamond",
    has: (r: ComparisonRow) => r.rule === "kappa",
  },
  { name: "uniform", colour: "var(--ink)", symbol: "star", has: (r: ComparisonRow) => r.mode === "uniform" },
] as const;

export type Plot = typeof PlotModule;
export type Scales = { x(value: number): number; y(value: number): number };

/** The legend's own shapes, as the chart draws them. */
export const shapes = {
  circle: "M5,0A5,5,0,1,1,-5,0A5,5,0,1,1,5,0Z",
  square: "M-4.5,-4.5H4.5V4.5H-4.5Z",
  triangle: "M0,-6L5.2,3.5H-5.2Z",
  diamond: "M0,-6.5L4,0L0,6.5L-4,0Z",
  star: "M0,-6.5L1.6,-2.1L6.2,-2L2.5,0.8L3.8,5.3L0,2.6L-3.8,5.3L-2.5,0.8L-6.2,-2L-1.6,-2.1Z",
} as const;

export function draw(plot: Plot, rows: readonly ComparisonRow[], width: number): ReturnType<Plot["plot"]> {
  const errors = rows.map((row) => row.error!).filter((error) => error > 0);
  const [least, most] = errors.length > 0 ? [Math.min(...errors), Math.max(...errors)] : [1e-6, 1];
  // An error of exactly 0 has no place on a logarithmic axis: it lies on the bottom line.
  const bottom = least / 1.6;
  const y = (row: ComparisonRow): number => Math.max(row.error!, bottom);
  const costs = rows.map((row) => row.cost!);
  const figure = plot.plot({
    width,
    height: Math.max(260, Math.min(380, width * 0.62)),
    marginLeft: 54,
    marginRight: 18,
    marginTop: 26,
    marginBottom: 42,
    style: { background: "none", fontFamily: "inherit", fontSize: "12px", overflow: "visible" },
    x: {
      domain: [Math.min(...costs) - 0.02, Math.max(...costs, 1) + 0.03],
      label: "modelled cost →",
      ticks: 6,
      grid: true,
    },
    y: {
      type: "log",
      domain: [bottom, most * 1.5],
      label: "↑ relative error of the outputs",
      grid: true,
      ticks: 5,
      tickFormat: powerTick,
    },
    marks: series.flatMap(({ has, colour, symbol, name }) => {
      const own = rows.filter(has).sort((a, b) => a.cost! - b.cost!);
      const title = (row: ComparisonRow): string =>
        `${row.name}\ncost ${costText(row.cost!)}\nerror ${errorText(row.error)}`;
      return [
        ...(name === "uniform"
          ? []
          : [plot.line(own, { x: (r) => r.cost, y, stroke: colour, strokeWidth: 1.75 })]),
        plot.dot(own, { x: (r) => r.cost, y, fill: colour, stroke: "var(--surface)", symbol, r: 4.5, title }),
      ];
    }),
  });
  // One picture to a screen reader: the names of its parts have no place in it.
  for (const part of figure.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  figure.setAttribute("role", "img");
  figure.setAttribute(
    "aria-label",
    "Relative error against modelled cost; the table below has the same numbers.",
  );
  return figure;
}

/** Powers of ten alone, between which a reader counts the lines. */
function powerTick(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (Math.abs(value / 10 ** exponent - 1) > 1e-9) return "";
  return `10${[...String(exponent)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;
}

/** A line where the knob stands, and a ring at its error. */
export function mark(
  svg: SVGSVGElement,
  scales: Scales,
  cost: number,
  error: number | null,
  sure: boolean,
): void {
  svg.querySelector(".mark")?.remove();
  const make = (name: string, attributes: Record<string, string | number>): SVGElement => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const group = make("g", { class: "mark" });
  const x = scales.x(cost);
  const height = svg.viewBox.baseVal.height || svg.clientHeight;
  group.append(make("line", { x1: x, x2: x, y1: 24, y2: height - 40 }));
  if (error !== null && error > 0) {
    group.append(make("circle", { class: sure ? "here" : "here unsure", cx: x, cy: scales.y(error), r: 7 }));
  }
  svg.append(group);
}
