// Sensitivities of trained networks, imported and prepared as the command does it.
import { readFileSync } from "node:fs";
import path from "node:path";
import { activationPath, stack, sumSites, type Graph, type Samples } from "@mpplan/ir";
import { createSensitivities } from "@mpplan/calibration";
import { expect, test } from "vitest";
import { squaresByDifferences, valuesOf } from "../../calibration/src/gradients/testing.js";
import { loadSamples } from "../src/node/samples.js";
import { importModel, prepareGraph } from "../src/prepare-graph.js";
import { models } from "./support.js";

function load(name: string, data?: string): { graph: Graph; samples: Samples } {
  const modelPath = path.join(models, name, "model.onnx");
  const imported = importModel({ bytes: readFileSync(modelPath), name });
  const inputs = imported.inputs.map((id) => ({ id, type: imported.values.get(id)!.type }));
  const { samples } = loadSamples({
    modelPath,
    inputs,
    ...(data !== undefined && { data: [path.join(models, name, "samples", data)], scale: 1 / 255 }),
  });
  const operands = { weights: "ieee-e4m3", activations: null };
  return { graph: prepareGraph(imported, samples.at(0), operands), samples };
}

test.each([
  ["tiny", undefined],
  ["fashion-bn", "images-600.idx3-ubyte.gz"],
])("%s: they agree with central differences, and a batch with its samples", async (name, images) => {
  const { graph, samples } = load(name, images);
  const sites = sumSites(graph);
  const sensitivities = createSensitivities(graph, sites, { task: "classifier", seed: 1 });
  const two = [samples.at(0), samples.at(1)];
  const together = sensitivities.run(await valuesOf(graph, stack(two)), 2);
  const values = await valuesOf(graph, two[1]!);
  const alone = sensitivities.run(values, 1);
  expect(sensitivities.fallbacks).toEqual([]);
  expect([...alone.keys()].sort()).toEqual(sites.map((site) => site.id).sort());

  for (const site of sites) {
    const squares = alone.get(site.id)!;
    expect(together.get(site.id)!.slice(squares.length)).toEqual(squares);
    const node = graph.nodes.find(({ id }) => id === site.node)!;
    const h = (activationPath(graph, node).at(-1) ?? node).outputs[0]!;
    // Dead neurons, and the background of an image, are ties for a MaxPool behind them: no difference is a derivative.
    const data = Array.from(values.get(h)!.data as Float64Array);
    const single = [...data.keys()].filter((i) => data.indexOf(data[i]!) === data.lastIndexOf(data[i]!));
    const some = [0.05, 0.3, 0.5, 0.8, 0.95].map((part) => single[Math.floor(part * single.length)]!);
    const expected = await squaresByDifferences(graph, two[1]!, h, "classifier", some);
    const largest = Math.max(...squares);
    some.forEach((i, k) => expect(Math.abs(squares[i]! - expected[k]!) / largest).toBeLessThan(1e-6));
  }
});
