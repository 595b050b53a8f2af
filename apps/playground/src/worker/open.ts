// Opens what was dropped: a model, its samples, and all that is told of them before anything is measured.
import { split, sumSites, type Graph } from "@mpplan/ir";
import { InputError, resolvePrecision, UsageError, type LoadedSamples } from "mpplan";
import type { ModelView, Source } from "../protocol.js";
import type { Backends } from "./backends.js";
import { bundledFiles } from "./bundled.js";
import { padOf } from "./drawing.js";
import { layOut } from "./layout.js";
import { openMeter } from "./measure.js";
import { readModel, type ReadModel } from "./model-files.js";
import { preprocessOf, readSamples } from "./read-samples.js";
import type { Opened } from "./state.js";

/** Samples at most: enough to plan a small network well, few enough to wait for. */
const most = { samples: 128, evaluate: 96 };
export const seed = 1;

/** @throws ImportError, InputError, UsageError, IrError. */
export async function openSource(source: Source, backends: Backends): Promise<Opened> {
  const given = source.model ? source : await bundledFiles(source);
  const file = given.model!;
  const name = file.name.replace(/\.onnx$/i, "");
  const read = await readModel(file, given.data, name);
  const { model } = read;
  const loaded = await samplesFor(read, given, file.name);
  const { samples } = loaded;
  const precision = resolvePrecision({ preset: given.preset });
  const graph = model.prepare(samples.at(0), { preset: given.preset });
  const calibrate = Math.min(most.samples, Math.max(2, Math.floor(samples.count / 2)));
  const evaluate = Math.max(1, Math.min(most.evaluate, samples.count - calibrate));
  const parts = split(samples, { seed, calibrate, evaluate });
  const used = parts.build.count + parts.tune.count + parts.test.count;
  const notes = [
    ...loaded.notes,
    `${used} of ${samples.count} samples are used: ${parts.build.count} to measure, ${parts.tune.count} to tune and predict, ${parts.test.count} to evaluate`,
  ];
  const view: ModelView = {
    name,
    bytes: read.bytes + read.weights.reduce((sum, { size }) => sum + size, 0),
    inputs: graph.inputs,
    outputs: graph.outputs,
    samples: samples.count,
    random: samples.random,
    weights: read.weights.map((weight) => weight.name),
    notes,
    pad: padOf(model.inputs),
    ...sitesOf(graph, file.name),
    formats: precision.accumulators.map((a) => a.format),
  };
  return {
    name,
    model,
    graph,
    samples,
    parts,
    precision,
    preprocess: preprocessOf(given),
    notes,
    options: { preset: precision.preset, samples: calibrate, evaluate, seed, executor: backends.cpu },
    backends,
    meter: openMeter(graph, parts.test, backends.cpu),
    view,
  };
}

/** All files that hold no weights are samples. */
function samplesFor({ model, weights }: ReadModel, given: Source, file: string): Promise<LoadedSamples> {
  const data = given.data.filter((each) => !weights.includes(each));
  return readSamples(data, model.inputs, given).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    const { code, what, where, next } = error;
    throw new InputError(code, { what, where, next: `${next}; then give the samples and ${file} together` });
  });
}

/** @throws UsageError where there are none. */
function sitesOf(graph: Graph, where: string): Pick<ModelView, "sites" | "drawing"> {
  const sites = sumSites(graph);
  if (sites.length === 0) {
    throw new UsageError("bad-option", {
      what: "The model has no MatMul, Gemm or Conv of known shape: there is nothing to plan",
      where,
      next: "give another model",
    });
  }
  const siteOf = new Map(sites.map((site, i) => [site.node, i]));
  return {
    sites: sites.map(({ id, neurons, length, macs, node }) => ({
      id,
      op: graph.nodes.find((n) => n.id === node)!.op,
      neurons,
      length,
      macs,
    })),
    drawing: layOut(graph, siteOf),
  };
}
