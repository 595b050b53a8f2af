// The calibration pass: one run of the exact network per sample, every sum measured on the way.
import {
  kappaActivations,
  SetDigest,
  stack,
  type Accumulator,
  type Graph,
  type Profile,
  type Samples,
  type SiteProfile,
  type Tool,
} from "@mpplan/ir";
import type { Executor } from "@mpplan/runtime";
import { chooseBatch } from "./batch.js";
import { CalibrationError } from "./errors.js";
import { mergeNeurons, NeuronCounter } from "./statistics.js";

export interface CalibrateOptions {
  readonly executor: Executor;
  /** The low accumulators to measure, besides what no format enters. */
  readonly accumulators: readonly Accumulator[];
  readonly tool: Tool;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Measures the graph on all the samples. Memory does not grow with their number; the profile of given samples
 * is the same bytes whatever their order, and whatever shards they were measured in (`mergeProfiles`).
 *
 * @throws CalibrationError `no-samples`, `nothing-to-plan` for a graph without sums, `cancelled`.
 */
export async function calibrate(graph: Graph, samples: Samples, options: CalibrateOptions): Promise<Profile> {
  const { executor, accumulators, onProgress, signal } = options;
  if (samples.count === 0) {
    throw new CalibrationError("no-samples", {
      what: "There is no sample to calibrate on",
      where: `the calibration of "${graph.name}"`,
      next: "give at least one sample, better a few hundred",
    });
  }
  const probe = await executor.probe(graph, accumulators);
  if (probe.sites.length === 0) {
    throw new CalibrationError("nothing-to-plan", {
      what: "The model has no MatMul, Gemm or Conv whose shape is known, so there is no sum to plan",
      where: `the model "${graph.name}"`,
      next: "look at what mpplan inspect shows of it",
    });
  }
  const kappa = kappaActivations(probe.sites);
  const counters = new Map(
    probe.sites.map((site) => [
      site.id,
      Array.from(
        { length: site.neurons },
        () => new NeuronCounter(site.activation, kappa.get(site.id)!, accumulators.length),
      ),
    ]),
  );
  const digest = new SetDigest();
  const batch = await chooseBatch(graph, samples, executor);
  for (let i = 0; i < samples.count; i += batch) {
    if (signal?.aborted) throw cancelled(graph.name, i, samples.count);
    const some = Array.from({ length: Math.min(batch, samples.count - i) }, (_, k) => samples.at(i + k));
    for (const sample of some) digest.add(sample);
    await probe.run(stack(some), (site, measurement) => {
      const neurons = counters.get(site.id)!;
      for (let c = 0; c < measurement.v.length; c++) neurons[measurement.neurons[c]!]!.add(measurement, c);
    });
    onProgress?.(i + some.length, samples.count);
  }

  const sites = probe.sites.map((site): SiteProfile => ({
    site: site.id,
    op: graph.nodes.find((node) => node.id === site.node)!.op,
    length: site.length,
    macs: site.macs,
    activation: site.activation.name,
    kappaActivation: kappa.get(site.id)!.name,
    neurons: counters.get(site.id)!.map((counter) => counter.toJSON()),
  }));
  return {
    kind: "mpplan-profile",
    version: 1,
    tool: options.tool,
    model: { name: graph.name, digest: graph.digest },
    data: { digest: digest.toString(), samples: samples.count, random: samples.random },
    operands: graph.operands,
    accumulators: [...accumulators],
    sites,
  };
}

/** The profile of the samples of all the parts together. @throws CalibrationError `merge-mismatch`. */
export function mergeProfiles(parts: readonly Profile[]): Profile {
  const [first, ...rest] = parts;
  if (!first) {
    throw new CalibrationError("merge-mismatch", {
      what: "There is no profile to merge",
      where: "mergeProfiles",
      next: "give at least one profile",
    });
  }
  return rest.reduce(mergeTwo, first);
}

function mergeTwo(a: Profile, b: Profile): Profile {
  const facts = (p: Profile): string =>
    JSON.stringify([
      p.model.digest,
      p.operands,
      p.accumulators,
      p.tool.version,
      p.sites.map((s) => [s.site, s.length, s.macs, s.neurons.length, s.activation, s.kappaActivation]),
    ]);
  if (facts(a) !== facts(b)) {
    throw new CalibrationError("merge-mismatch", {
      what: "The profiles differ in model, sizes, operands, accumulators or version, so they cannot be merged",
      where: `the profiles of "${a.model.name}" (${a.model.digest}) and "${b.model.name}" (${b.model.digest})`,
      next: "calibrate all shards with the same model and settings",
    });
  }
  const digest = new SetDigest(a.data.digest);
  digest.merge(new SetDigest(b.data.digest));
  return {
    ...a,
    data: {
      digest: digest.toString(),
      samples: a.data.samples + b.data.samples,
      random: a.data.random || b.data.random,
    },
    sites: a.sites.map((site, s) => ({
      ...site,
      neurons: site.neurons.map((neuron, n) => mergeNeurons(neuron, b.sites[s]!.neurons[n]!)),
    })),
  };
}

function cancelled(name: string, done: number, total: number): CalibrationError {
  return new CalibrationError("cancelled", {
    what: `Cancelled after ${done} of ${total} samples`,
    where: `the calibration of "${name}"`,
    next: "run it again; nothing was written",
  });
}
