import type { Comparison, ComparisonRow } from "@mpplan/ir";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { comparisonHtml } from "./html.js";

const empty: ComparisonRow = {
  name: "",
  mode: "uniform",
  policy: null,
  rule: null,
  tau: null,
  targetCost: null,
  cost: null,
  fractionHigh: null,
  error: null,
  predicted: null,
  flips: null,
  accuracy: null,
  seconds: null,
  note: null,
};
const row = (facts: Partial<ComparisonRow>): ComparisonRow => ({ ...empty, ...facts });
const script = "<script>alert(1)</script>";

const comparison: Comparison = {
  model: { name: `net ${script}`, digest: "sha256:ab" },
  samples: { build: 384, tune: 128, digest: "sum256:cd", random: false },
  evaluated: 988,
  seed: 7,
  settings: { preset: "e4m3-f16", taus: [1, 0.5], costs: { binary16: 2, low: script }, limit: null },
  rows: [
    row({ name: "uniform ieee-e4m3", policy: "uniform", cost: 0.5, error: 0.2, fractionHigh: 0, flips: 40 }),
    row({ name: "uniform binary16", policy: "uniform", cost: 1, error: 0.0005, fractionHigh: 1, flips: 0 }),
    row({ name: "dynamic kappa, tau 1", mode: "dynamic", rule: "kappa", tau: 1, cost: 0.6, error: 0.05 }),
    row({
      name: "dynamic kappa",
      mode: "dynamic",
      rule: "kappa",
      tau: 0.4,
      targetCost: 0.75,
      cost: 0.75,
      error: 0.02,
    }),
    row({
      name: "static absolute",
      mode: "static",
      policy: "absolute",
      targetCost: 0.75,
      cost: 0.75,
      error: 0,
    }),
    row({
      name: "dynamic random",
      mode: "dynamic",
      rule: "random",
      targetCost: 0.75,
      cost: 0.75,
      error: 0.1,
    }),
    row({ name: `static ${script}`, mode: "static", policy: script, cost: 0.75, error: null, note: script }),
    row({
      name: "dynamic kappa-full",
      mode: "dynamic",
      rule: "kappa-full",
      note: "cannot: it costs at least 1",
    }),
  ],
};

const page = (c: Comparison, extra = {}): Document =>
  parseHTML(comparisonHtml(c, { title: "Report", ...extra })).document as unknown as Document;
const texts = (parent: ParentNode, selector: string): string[] =>
  [...parent.querySelectorAll(selector)].map((e) => (e.textContent ?? "").trim());

test("the page stands alone: no script, no link, nothing fetched", () => {
  const html = comparisonHtml(comparison);
  expect(html).not.toMatch(/<script|<link|<img|@import|url\(|\bon\w+="/i);
  expect(html).not.toMatch(/https?:/);
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("the same comparison gives the same bytes", () => {
  expect(comparisonHtml(comparison)).toBe(comparisonHtml(structuredClone(comparison)));
});

test("every row is in the table, with nothing where a field does not apply", () => {
  const document = page(comparison);
  const body = [...document.querySelectorAll("tbody tr")].map((tr) => texts(tr, "td"));
  expect(texts(document, "thead th")).toEqual([
    "name",
    "target cost",
    "modelled cost",
    "in high precision",
    "relative error",
    "flips",
    "note",
  ]);
  expect(body.length).toBe(comparison.rows.length);
  expect(body[0]).toEqual(["uniform ieee-e4m3", "", "0.500", "0.0 %", "0.200", "40", ""]);
  expect(body[1]).toEqual(["uniform binary16", "", "1.000", "100.0 %", "5.00e-4", "0", ""]);
  expect(body[4]!.slice(0, 5)).toEqual(["static absolute", "0.750", "0.750", "", "0"]);
  expect(body[6]).toEqual([`static ${script}`, "", "0.750", "", "", "", script]);
});

test("the chart has a point with a tooltip for every row that has cost and error", () => {
  const chart = page(comparison).querySelector(".wide svg")!;
  const tooltips = texts(chart, "title");
  expect(tooltips).toHaveLength(6);
  expect(tooltips).toContain(
    "uniform ieee-e4m3\nmodelled cost 0.500\nrelative error 0.200\n40 flips\n0.0 % in high precision",
  );
  expect(texts(chart, "text")).toEqual(expect.arrayContaining(["ieee-e4m3", "binary16", "error 0", "10⁻²"]));
  expect(chart.outerHTML).not.toMatch(/NaN|Infinity|undefined/);
  expect(page(comparison).querySelectorAll(".narrow svg")).toHaveLength(1);
});

test("an error of 0 is drawn on the bottom line, and the page says so", () => {
  const document = page(comparison);
  expect(texts(document, ".chart .small")).toEqual([
    expect.stringMatching(/bottom line is an error of exactly 0/),
    "2 rows have no cost or no finite error and are in the table only.",
  ]);
  const none = { ...comparison, rows: comparison.rows.filter((r) => r.error !== 0 && r.error !== null) };
  expect(texts(page(none), ".chart .small")).toEqual([]);
});

test("the legend names each series once, and marks the controls", () => {
  expect(texts(page(comparison), ".legend li")).toEqual([
    "uniform format",
    "dynamic kappa",
    "static absolute",
    "dynamic random (control)",
  ]);
});

test("degenerate comparisons still make a page", () => {
  for (const rows of [
    [],
    [comparison.rows[7]!],
    [row({ name: "a", cost: 1, error: 0 })],
    [row({ name: "a", cost: 1, error: 3 })],
  ]) {
    const html = comparisonHtml({ ...comparison, rows });
    expect(html).not.toMatch(/NaN|undefined/);
  }
  expect(page({ ...comparison, rows: [] }).querySelector(".chart")!.textContent).toMatch(/nothing to draw/);
});

test("settings are a definition list, notes a list, and random data a warning", () => {
  const document = page(comparison, { notes: ["reshaped <b>"], footer: "mpplan 1.0.0" });
  expect(texts(document, "dt")).toEqual(["preset", "taus", "costs", "limit", "model digest", "data digest"]);
  expect(texts(document, "dd").slice(0, 4)).toEqual([
    "e4m3-f16",
    "1, 0.5",
    `binary16 2, low ${script}`,
    "none",
  ]);
  expect(texts(document, ".notes li")).toEqual(["reshaped <b>"]);
  expect(texts(document, "footer")).toEqual(["mpplan 1.0.0"]);
  expect(document.querySelector(".warning")).toBeNull();
  const random = page({ ...comparison, samples: { ...comparison.samples, random: true } });
  expect(random.querySelector(".warning")?.textContent).toMatch(/Random data/);
});
