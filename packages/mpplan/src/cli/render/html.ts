// A comparison as one HTML page that needs nothing else: no network, no script, no font of its own.
import type { Comparison, ComparisonRow } from "@mpplan/ir";
import { chartFacts, chartSvg, symbolSvg } from "./chart.js";
import { escapeHtml } from "./escape.js";
import { formatAccuracy, formatCost, formatError, formatShare } from "./numbers.js";
import { toSeries, type Series } from "./series.js";
import { style } from "./style.js";

export interface HtmlExtra {
  /** By default the model's name. */
  readonly title?: string | undefined;
  /** What the run had to say, such as how the data was read. */
  readonly notes?: readonly string[] | undefined;
  /** A last line: the tool and its version, the command. Leave out the date, and the same run gives the same page. */
  readonly footer?: string | undefined;
}

/** Two widths, of which the page shows the one that fits: shrunk to a phone, the text of the wide one is too small. */
const chartWidths = { wide: 908, narrow: 360 };

/**
 * The page.
 *
 * @example
 * await writeAtomically("report.html", comparisonHtml(comparison));
 */
export function comparisonHtml(comparison: Comparison, extra: HtmlExtra = {}): string {
  const title = extra.title ?? `${comparison.model.name}: accumulation precision compared`;
  const series = toSeries(comparison.rows);
  const notes = extra.notes ?? [];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<h1>${escapeHtml(title)}</h1>
${factsLine(comparison)}
</header>
${comparison.samples.random ? randomWarning : ""}
${chartSection(series, comparison)}
${readingSection(comparison)}
${tableSection(series, comparison)}
${notes.length > 0 ? `<section>\n<h2>Notes</h2>\n<ul class="notes">\n${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("\n")}\n</ul>\n</section>` : ""}
${settingsSection(comparison)}
${extra.footer === undefined ? "" : `<footer>${escapeHtml(extra.footer)}</footer>`}
</main>
</body>
</html>
`;
}

const randomWarning = `<section class="warning" role="note">
<b>Random data.</b> No samples were given: the inputs are made up, and neither the plans nor the errors below tell anything about real inputs.
</section>`;

function factsLine({ model, evaluated, samples, seed }: Comparison): string {
  return `<p class="facts">model <b>${escapeHtml(model.name)}</b> · evaluated on <b>${evaluated}</b> samples, after ${samples.build} to calibrate and ${samples.tune} to tune (all different) · seed <b>${seed}</b></p>`;
}

function chartSection(series: readonly Series[], { rows }: Comparison): string {
  const wide = chartSvg(series, chartWidths.wide);
  const narrow = chartSvg(series, chartWidths.narrow);
  const { zeros, left } = chartFacts(rows);
  const drawn = series.filter((s) => chartFacts(s.rows).left < s.rows.length);
  // Methods first: the controls are there to be compared with.
  const legend = [...drawn.filter((s) => s.kind !== "control"), ...drawn.filter((s) => s.kind === "control")];
  const remarks = [
    ...(zeros
      ? [
          "A triangle that points down on the bottom line is an error of exactly 0, which a logarithmic axis cannot show.",
        ]
      : []),
    ...(left > 0
      ? [
          `${left} row${left === 1 ? " has" : "s have"} no cost or no finite error and ${left === 1 ? "is" : "are"} in the table only.`,
        ]
      : []),
  ];
  const body = wide
    ? `<div class="wide">${wide}</div>
<div class="narrow">${narrow}</div>
<ul class="legend">
${legend
  .map((s) => `<li>${symbolSvg(s)}${escapeHtml(s.name)}${s.kind === "control" ? " (control)" : ""}</li>`)
  .join("\n")}
</ul>`
    : "<p>No row has both a cost and an error, so there is nothing to draw.</p>";
  return `<section class="chart">
<h2>Error against modelled cost</h2>
${body}
${remarks.map((remark) => `<p class="small">${remark}</p>`).join("\n")}
</section>`;
}

function readingSection({ evaluated }: Comparison): string {
  return `<section>
<h2>How to read this</h2>
<ul class="read">
<li>Every point is one way to carry out the model's sums, run on the same ${evaluated} samples, which were used neither to calibrate nor to choose. <b>Further left and further down is better.</b></li>
<li><b>Modelled cost</b> weighs every multiply-accumulate by its format; 1 means everything in high precision. It is a model of hardware, not a measured time: low precision is emulated here, and on a CPU emulation is slower than plain float32.</li>
<li><b>Relative error</b> compares the outputs with exact sums of the same network, quantised the same way. <b>Flips</b> are samples whose top class differs from that reference.</li>
<li>Grey dashed lines are <b>controls</b>: they spend the same cost on sums chosen at random. A method earns its keep only below them.</li>
</ul>
</section>`;
}

interface Column {
  readonly title: string;
  readonly className?: string;
  readonly cell: (row: ComparisonRow, evaluated: number) => string;
}

const columns: readonly Column[] = [
  { title: "target cost", cell: (row) => formatCost(row.targetCost) },
  { title: "modelled cost", cell: (row) => formatCost(row.cost) },
  { title: "in high precision", cell: (row) => formatShare(row.fractionHigh) },
  { title: "relative error", cell: (row) => formatError(row.error) },
  { title: "flips", cell: (row) => (row.flips === null ? "" : String(row.flips)) },
  { title: "accuracy", cell: (row) => formatAccuracy(row.accuracy) },
  { title: "note", className: "note", cell: (row) => row.note ?? "" },
];

function tableSection(series: readonly Series[], { rows, evaluated }: Comparison): string {
  const symbolOf = new Map(series.flatMap((s) => s.rows.map((row) => [row, symbolSvg(s)] as const)));
  // A column that no row fills only takes room.
  const used = columns.filter(({ cell }) => rows.some((row) => cell(row, evaluated) !== ""));
  const classOf = ({ className }: Column): string => (className ? ` class="${className}"` : "");
  const head = used.map((column) => `<th scope="col"${classOf(column)}>${column.title}</th>`).join("");
  const body = rows.map((row, i) => {
    const cells = used
      .map((column) => `<td${classOf(column)}>${escapeHtml(column.cell(row, evaluated))}</td>`)
      .join("");
    const first = i > 0 && rows[i - 1]!.mode !== row.mode ? ' class="first"' : "";
    return `<tr${first}><td class="name"><span>${symbolOf.get(row)}${escapeHtml(row.name)}</span></td>${cells}</tr>`;
  });
  return `<section class="table">
<h2>All rows</h2>
<div class="scroll">
<table>
<thead><tr><th scope="col" class="name">name</th>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>
</div>
</section>`;
}

function settingsSection({ model, samples, settings }: Comparison): string {
  const entries: [string, unknown][] = [
    ...Object.entries(settings),
    ["model digest", model.digest],
    ["data digest", samples.digest],
  ];
  return `<section class="settings">
<h2>Settings</h2>
<dl>
${entries.map(([key, value]) => `<dt>${escapeHtml(key)}</dt><dd>${escapeHtml(printed(value))}</dd>`).join("\n")}
</dl>
</section>`;
}

/** A setting in one line; what has parts prints them in order. */
function printed(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map(printed).join(", ") || "none";
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([key, part]) => `${key} ${typeof part === "object" ? JSON.stringify(part) : String(part)}`)
    .join(", ");
}
