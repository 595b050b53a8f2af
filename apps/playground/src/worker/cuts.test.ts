// Cuts, measurements and the graph's drawing, on the smallest fixture and in Node.
import { readFileSync } from "node:fs";
import path from "node:path";
import { evaluatePlans } from "@mpplan/calibration";
import { split, sumSites, type Plan } from "@mpplan/ir";
import { calibrateModel, openExecutor, openModel, randomSamples, resolvePrecision, tool } from "mpplan";
import { beforeAll, expect, test } from "vitest";
import { chainModel } from "../../test/models.js";
import { frontsOf, planOf, viewOf, type Fronts } from "./cuts.js";
import { layOut } from "./layout.js";
import { openMeter } from "./measure.js";

const bytes = readFileSync(path.resolve(import.meta.dirname, "../../../../fixtures/models/tiny/model.onnx"));
const model = openModel({ bytes, name: "tiny" });
const samples = randomSamples(model.inputs, 60, 1);
const graph = model.prepare(samples.at(0));
const parts = { seed: 1, samples: 32, evaluate: 20 };
const { test: evaluation } = split(samples, { seed: 1, calibrate: 32, evaluate: 20 });
const { executor } = await openExecutor();
let fronts: Fronts;

beforeAll(async () => {
  const profile = await calibrateModel(graph, samples, { ...parts, executor });
  const { accumulators, costs, preset } = resolvePrecision({});
  fronts = frontsOf(profile, { accumulators, costs, preset, seed: 1, tool });
});

test("a measurement in small parts is what evaluatePlans says of all the samples at once", async () => {
  const meter = openMeter(graph, evaluation, executor);
  const measure = (plan: Plan, signal = new AbortController().signal) =>
    meter.measure(plan, executor, "cpu", signal);
  for (const cut of [
    { method: "static", value: 0.7 },
    { method: "hybrid", value: 0.7 },
    { method: "dynamic", value: 0.3 },
  ] as const) {
    const plan = planOf(fronts, cut);
    const [known] = (await evaluatePlans(graph, [plan], evaluation, { executor })).plans;
    const measured = await measure(plan);
    expect(measured).toMatchObject({ flips: known!.flips, samples: 20 });
    expect(measured!.error).toBeCloseTo(known!.error!, 14);
    expect(measured!.cost).toBeCloseTo(known!.cost, 12);
    expect(measured!.fractionHigh).toBeCloseTo(known!.fractionHigh, 12);
  }
  expect(await measure(planOf(fronts, { method: "static", value: 0.7 }), AbortSignal.abort())).toBeNull();
});

test("a static cut costs what its view says, and keeps its budget", async () => {
  const meter = openMeter(graph, evaluation, executor);
  const measure = (plan: Plan, signal = new AbortController().signal) =>
    meter.measure(plan, executor, "cpu", signal);
  for (const value of [0.55, 0.7, 0.9, 1]) {
    const cut = { method: "static", value } as const;
    const view = viewOf(fronts, cut);
    const measured = await measure(planOf(fronts, cut));
    expect(view.cost).toBeLessThanOrEqual(Math.max(value, fronts.still.baseCost) + 1e-9);
    expect(view.cost).toBeCloseTo(measured!.cost, 9);
    expect(view.fractionHigh).toBeCloseTo(measured!.fractionHigh, 9);
    expect(view.sites.flatMap((site) => [...site.dynamic])).not.toContain(1);
    expect(view.sites.flatMap((site) => [...site.level]).every((level) => level === 0 || level === 1)).toBe(
      true,
    );
  }
});

test("a hybrid cut keeps its budget, a larger one leaves no site lower, and a budget below the least gives the least", () => {
  const [low, high] = [0.6, 0.8].map((value) => viewOf(fronts, { method: "hybrid", value }));
  expect(low!.cost).toBeLessThanOrEqual(0.6 + 1e-9);
  expect(high!.cost).toBeLessThanOrEqual(0.8 + 1e-9);
  expect(high!.cost).toBeGreaterThan(low!.cost);
  low!.sites.forEach((site, s) => expect(high!.sites[s]!.mean).toBeGreaterThanOrEqual(site.mean - 0.05));
  expect(viewOf(fronts, { method: "hybrid", value: 0 }).cost).toBeCloseTo(fronts.hybrid.baseCost, 9);
});

test("sums of plain values, which a plan decides too, are no part of the picture", async () => {
  const soft = openModel({ bytes: chainModel(2, 8, "Softmax"), name: "soft" });
  const inputs = randomSamples(soft.inputs, 24, 1);
  const of = soft.prepare(inputs.at(0));
  const profile = await calibrateModel(of, inputs, { seed: 1, samples: 12, evaluate: 8, executor });
  const { accumulators, costs, preset } = resolvePrecision({});
  const own = frontsOf(profile, { accumulators, costs, preset, seed: 1, tool });
  for (const method of ["hybrid", "static", "dynamic"] as const) {
    const cut = { method, value: 0.7 };
    expect(planOf(own, cut).decisions.map(({ term }) => term ?? "product")).toEqual([
      "product",
      "product",
      "value",
    ]);
    expect(viewOf(own, cut).sites.map(({ level }) => level.length)).toEqual([8, 8]);
  }
});

test("a larger tau recomputes less; the levels lie between 0 and 1", () => {
  const views = [0.01, 0.3, 10].map((value) => viewOf(fronts, { method: "dynamic", value }));
  expect(views[0]!.cost).toBeGreaterThan(views[1]!.cost);
  expect(views[1]!.cost).toBeGreaterThan(views[2]!.cost);
  for (const { sites } of views) {
    for (const level of sites.flatMap((site) => [...site.level])) {
      expect(level).toBeGreaterThanOrEqual(0);
      expect(level).toBeLessThanOrEqual(1);
    }
  }
});

test("the drawing has every node once, inside its frame, and an edge for every connection", () => {
  const siteOf = new Map(sumSites(graph).map((site, i) => [site.node, i]));
  const { nodes, edges, width, height, folded } = layOut(graph, siteOf);
  expect(nodes.map((node) => node.name)).toEqual(graph.nodes.map((node) => node.origin.name));
  expect(folded).toBe(0);
  expect(edges.length).toBe(graph.nodes.length - 1);
  for (const { x, y, width: w, height: h } of nodes) {
    expect(x - w / 2).toBeGreaterThanOrEqual(0);
    expect(x + w / 2).toBeLessThanOrEqual(width);
    expect(y - h / 2).toBeGreaterThanOrEqual(0);
    expect(y + h / 2).toBeLessThanOrEqual(height);
  }
});

test("of a graph with too many nodes those with sums are drawn, joined through the others", () => {
  const copies = Array.from({ length: 60 }, (_, i) => ({
    ...graph.nodes[1]!,
    id: `extra${i}`,
    inputs: [i === 0 ? graph.nodes[0]!.outputs[0]! : `extra${i - 1}`],
    outputs: [`extra${i}`],
  }));
  const siteOf = new Map(sumSites(graph).map((site, i) => [site.node, i]));
  const large = {
    ...graph,
    nodes: [
      ...graph.nodes,
      ...copies,
      ...copies.map((n) => ({ ...n, id: `${n.id}b`, outputs: [`${n.id}b`] })),
    ],
  };
  const { nodes, edges, folded } = layOut(large, siteOf);
  expect(nodes.map((node) => node.site)).toEqual([...siteOf.values()]);
  expect(folded).toBe(large.nodes.length - siteOf.size);
  expect(edges.length).toBe(siteOf.size - 1);
});
