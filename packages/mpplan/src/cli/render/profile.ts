// A profile for people: per site, how sensitive its sums are and how large they grow.
import { quantile, type NeuronStatistics, type Profile } from "@mpplan/ir";
import { percent, scientific, table } from "./table.js";

export function profileText(profile: Profile): string {
  const rows = profile.sites.map((site) => {
    const q = (key: "kappaV" | "kappaPhiKappaV" | "kappaPrime", p: number): string =>
      scientific(2 ** median(site.neurons.map((n) => quantile(n[key], p))));
    const count = total(site.neurons, (n) => n.count);
    return [
      site.site,
      site.op,
      String(site.neurons.length),
      String(site.length),
      site.activation,
      q("kappaV", 0.5),
      q("kappaV", 0.9),
      percent(total(site.neurons, (n) => n.dead) / Math.max(count, 1)),
      scientific(Math.max(0, ...site.neurons.map((n) => n.rungs[0]?.peak ?? 0))),
      percent(total(site.neurons, (n) => n.rungs[0]?.clipped ?? 0) / Math.max(count, 1)),
    ];
  });
  const low = profile.accumulators[0]?.format ?? "no format";
  return [
    `profile of ${profile.model.name} on ${profile.data.samples} samples${profile.data.random ? " of RANDOM DATA" : ""}\n\n`,
    table(
      [
        "site",
        "op",
        "neurons",
        "terms",
        "activation",
        "kappa_v",
        "q90",
        "dead",
        "peak sum",
        `clips in ${low}`,
      ],
      ["left", "left", "right", "right", "left", "right", "right", "right", "right", "right"],
      rows,
    ),
    valuesText(profile),
    "\n\nkappa_v: the median neuron's median (and 0.9 quantile) of (|W||h|+|b|)/|Wh+b|\n",
  ].join("");
}

function valuesText({ valueSums = [] }: Profile): string {
  if (valueSums.length === 0) return "";
  const rows = valueSums.map(({ site, op, neurons, length, sameSign }) => [
    site,
    op,
    String(neurons.length),
    String(length),
    sameSign ? "one" : "any",
    scientific(Math.max(...neurons.map((n) => n.peak))),
  ]);
  return `\n\n${table(
    ["sums of values", "op", "neurons", "terms", "signs", "peak sum"],
    ["left", "left", "right", "right", "left", "right"],
    rows,
  )}`;
}

function total(neurons: readonly NeuronStatistics[], of: (n: NeuronStatistics) => number): number {
  return neurons.reduce((sum, n) => sum + of(n), 0);
}

function median(values: readonly number[]): number {
  const sorted = values.filter((x) => !Number.isNaN(x)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
