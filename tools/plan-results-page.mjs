// Writes docs/results/plans.md from what plan-results.mjs measured: the figures first, every row after them.
import { existsSync, readFileSync } from "node:fs";

const costs = [0.55, 0.625, 0.75, 0.875];

export function report({ measured, left, denseFrom, runs, split, page }) {
  const fit = measured.filter((net) => !clips(net));
  const dense = fit.filter((net) => net.live >= denseFrom);
  const kappa = (net, cost) => at(net.pair, "dynamic kappa", cost);
  const figures = [
    ratioFigure("hybrid over kappa', geometric mean at 0.75", 0.25, 0.12, gmean, fit, (net) =>
      div(at(net.pair, "hybrid", 0.75), kappa(net, 0.75)),
    ),
    ratioFigure("hybrid over kappa', worst network at 0.75", 0.75, 0.7, worst, fit, (net) =>
      div(at(net.pair, "hybrid", 0.75), kappa(net, 0.75)),
    ),
    ratioFigure(
      "the compiler's choice over the best of the three, worst network and cost",
      1.15,
      1.0,
      worst,
      fit,
      (net) => Math.max(...costs.map((cost) => choiceRatio(net.pair, cost))),
    ),
    ratioFigure("contribution over kappa', geometric mean at 0.75", 0.3, 0.2, gmean, fit, (net) =>
      div(at(net.pair, "dynamic contribution", 0.75), kappa(net, 0.75)),
    ),
    ratioFigure("hybrid ladder over kappa', geometric mean at 0.75", 0.05, 0.025, gmean, fit, (net) =>
      div(at(net.ladder, "hybrid", 0.75), kappa(net, 0.75)),
    ),
    ratioFigure("hybrid ladder over uniform E4M7, worst network at 0.75", 1.0, 0.7, worst, fit, (net) =>
      div(at(net.ladder, "hybrid", 0.75), at(net.pair, "uniform e4m7", 0.75)),
    ),
    ratioFigure("cost of 1 % error, two formats, worst dense network", 0.9, 0.8, worst, dense, (net) =>
      costOf(net.pair, "hybrid", 0.01),
    ),
    ratioFigure("cost of 1 % error, ladder, worst dense network", 0.72, 0.65, worst, dense, (net) =>
      costOf(net.ladder, "hybrid", 0.01),
    ),
    ratioFigure(
      "planned blocks over block 8, uniform low, worst dense network with n >= 500",
      0.65,
      0.4,
      worst,
      dense.filter((net) => longest(net) >= 500),
      (net) => div(low(net.blocks), low(net.pair)),
    ),
    ratioFigure(
      "planned blocks over block 8, uniform low, worst network",
      1.0,
      0.95,
      worst,
      measured,
      (net) => div(low(net.blocks), low(net.pair)),
    ),
    ratioFigure(
      "planned blocks and order over planned blocks, worst network",
      1.0,
      0.9,
      worst,
      measured,
      (net) => div(low(net.planned), low(net.blocks)),
    ),
    ratioFigure(
      "mnist-8-cntk: uniform low with row scales over without",
      0.2,
      0.13,
      worst,
      measured.filter((net) => net.unscaled),
      (net) => div(low(net.pair), low(net.unscaled)),
    ),
    predictionFigure(measured),
  ];
  return `# Ten networks, every decision, at equal cost

Made by \`node tools/plan-results.mjs\`, which runs the commands below and writes this page. The networks and the line
between dense and sparse (${100 * denseFrom} % live components before activations) were written into that script before
anything was measured. Preset e4m3-f16 unless said: E4M3 (max 240) weights, E4M3 against binary16 in blocks of 8.
\`${split.join(" ")}\`: 384 samples build, 128 tune, 1,024 others evaluate. Error is the relative Frobenius error of the
centred logits against exact sums of the same quantised network. Cost is modelled: 1 is everything in binary16.

${findings(page)}
## Figures

A floor that is missed is marked. "worst" names the network.

| figure | floor | aim | measured | |
|--|--|--|--|--|
${figures.join("\n")}

Networks that clip without row scales are left out of the first nine lines: ${names(measured.filter(clips)) || "none"}.
${left.length > 0 ? `Not at hand when this was made, and left out: ${names(left)}.\n` : ""}
| network | live | dense | uniform E4M3 | planned blocks | and order | uniform binary16 |
|--|--|--|--|--|--|--|
${measured.map((net) => `| ${net.name} | ${(100 * net.live).toFixed(0)} % | ${net.live >= denseFrom ? "yes" : "no"} | ${exp(low(net.pair))} | ${exp(low(net.blocks))} | ${exp(low(net.planned))} | ${exp(high(net.pair))} |`).join("\n")}

Modelled cost at which 1 % output error is reached, log error interpolated between rows and the two uniform ends:

| | ${measured.map((net) => net.name).join(" | ")} |
|--|${measured.map(() => "--|").join("")}
${[
  ["the source paper's rule", "pair", "dynamic kappa"],
  ["contribution", "pair", "dynamic contribution"],
  ["static sensitivity", "pair", "static sensitivity"],
  ["hybrid", "pair", "hybrid"],
  ["hybrid ladder", "ladder", "hybrid"],
]
  .map(
    ([title, run, name]) =>
      `| ${title} | ${measured.map((net) => costText(costOf(net[run], name, 0.01))).join(" | ")} |`,
  )
  .join("\n")}

${Object.keys(runs)
  .map((run) => section(run, runs[run], measured))
  .join("\n")}`;
}

function section(run, flags, measured) {
  const blocks = costs.map((cost) => {
    const rows = [...new Set(measured.flatMap((net) => targetRows(net[run], cost).map((r) => r.name)))];
    const lines = rows.map((name) => {
      const cells = measured.map((net) => {
        const row = targetRows(net[run], cost).find((r) => r.name === name);
        if (!row || row.error === null) return "";
        return `${exp(row.error)}${row.note?.includes("compiler's choice") ? " *" : ""}${row.cost > cost + 0.005 ? " !" : ""}`;
      });
      return `| ${name} | ${cells.join(" | ")} |`;
    });
    return `cost ${cost}\n\n| | ${measured.map((n) => n.name).join(" | ")} |\n|--|${measured.map(() => "--|").join("")}\n${lines.join("\n")}\n`;
  });
  const uniform = [...new Set(measured.flatMap((net) => uniformRows(net[run]).map((r) => r.name)))].map(
    (name) =>
      `| ${name} | ${measured.map((net) => exp(uniformRows(net[run]).find((r) => r.name === name)?.error)).join(" | ")} |`,
  );
  return `## ${run}

    npx mpplan compare <model> <data> ${flags.join(" ")}

\\* the compiler's choice; ! costs more than 0.005 above its target on these samples, see its command's notes.

| | ${measured.map((n) => n.name).join(" | ")} |
|--|${measured.map(() => "--|").join("")}
${uniform.join("\n")}

${blocks.join("\n")}`;
}

function ratioFigure(title, floor, aim, fold, nets, of) {
  const values = nets.map((net) => [net.name, of(net)]);
  const { value, name } = fold(values);
  const miss = !(value <= floor);
  return `| ${title} | ${floor} | ${aim} | ${Number.isFinite(value) ? value.toPrecision(3) : "not reached"}${miss ? " **missed**" : ""} | ${name ?? `${nets.length} networks`} |`;
}

function predictionFigure(measured) {
  const ratios = measured.flatMap((net) =>
    [net.pair, net.ladder].flatMap((c) =>
      c.rows
        .filter((r) => r.targetCost !== null && r.error > 0 && r.predicted > 0)
        .map((r) => ({ ratio: r.predicted / r.error, name: `${net.name}, ${r.name} at ${r.targetCost}` })),
    ),
  );
  ratios.sort((a, b) => a.ratio - b.ratio);
  const [least, most] = [ratios[0], ratios.at(-1)];
  const miss = least.ratio < 0.7 || most.ratio > 1.4;
  const inside = ratios.filter((r) => r.ratio >= 0.7 && r.ratio <= 1.4).length;
  return `| predicted over measured error, every plan | 0.7 to 1.4 | 0.85 to 1.2 | ${least.ratio.toFixed(2)} to ${most.ratio.toFixed(2)}${miss ? " **missed**" : ""} | ${inside} of ${ratios.length} plans inside; ${least.name}; ${most.name} |`;
}

function choiceRatio(comparison, cost) {
  const three = targetRows(comparison, cost).filter(
    (r) => ["hybrid", "static sensitivity", "dynamic contribution"].includes(r.name) && r.error !== null,
  );
  const chosen = three.find((r) => r.note?.includes("compiler's choice"));
  return chosen ? chosen.error / Math.min(...three.map((r) => r.error)) : Infinity;
}

/** Log error over cost, linear between rows; where the uniform ends count as rows. */
function costOf({ rows }, name, error) {
  const ends = rows.filter((r) => r.mode === "uniform" && r.targetCost === null);
  const points = [...rows.filter((r) => r.name === name && r.error !== null), ends[0], ends.at(-1)]
    .map((r) => [r.cost, Math.log(r.error)])
    .sort((a, b) => a[0] - b[0]);
  const wanted = Math.log(error);
  const i = points.findIndex(([, e]) => e <= wanted);
  if (i < 0) return Infinity;
  if (i === 0) return points[0][0];
  const [[c0, e0], [c1, e1]] = [points[i - 1], points[i]];
  return c0 + ((e0 - wanted) / (e0 - e1)) * (c1 - c0);
}

const costText = (cost) => (Number.isFinite(cost) ? cost.toFixed(3) : "-");
const at = (comparison, name, cost) =>
  targetRows(comparison, cost).find((r) => r.name === name)?.error ?? NaN;
const targetRows = (comparison, cost) => comparison.rows.filter((r) => r.targetCost === cost);
const uniformRows = (comparison) =>
  comparison.rows.filter((r) => r.mode === "uniform" && r.targetCost === null);
const low = (comparison) => uniformRows(comparison)[0].error;
const high = (comparison) => uniformRows(comparison).at(-1).error;
const clips = (net) => net.name === "mnist-8-cntk";
const longest = (net) => (/cnn|cntk|attention/.test(net.name) ? 0 : 784);
const div = (a, b) => a / b;
const names = (nets) => nets.map((net) => net.name).join(", ");
const exp = (x) => (typeof x === "number" && Number.isFinite(x) ? x.toExponential(2) : "-");

function gmean(values) {
  return { value: Math.exp(values.reduce((sum, [, v]) => sum + Math.log(v), 0) / values.length) };
}

function worst(values) {
  return values.reduce((a, [name, value]) => (!(value <= a.value) ? { name, value } : a), {
    name: "",
    value: -Infinity,
  });
}

/** What to take from the tables is written by hand between these headings, and kept when they are measured again. */
function findings(page) {
  const text = existsSync(page) ? readFileSync(page, "utf8") : "";
  return /## What they say\n[^]*?(?=\n## Figures)/.exec(text)?.[0] ?? "## What they say\n";
}
