// The calibration pass: one run of the exact network per sample, every sum measured on the way, and one pass back
// through it for what the outputs make of each sum.
import {
  kappaActivations,
  SetDigest,
  stack,
  type Accumulator,
  type Graph,
  type NodeId,
  type Profile,
  type Samples,
  type SiteId,
  type SiteProfile,
  type SumSite,
  type Tool,
  type ValueProfile,
} from "@mpplan/ir";
import type { Executor } from "@mpplan/runtime";
import type { SiteArrangement } from "./arrange.js";
import { chooseBatch } from "./batch.js";
import { CalibrationError } from "./errors.js";
import { createSensitivities, type Sensitivities } from "./gradients/sensitivities.js";
import type { Task } from "./metrics.js";
import { guessTaskOf } from "./task.js";
import { mergeNeurons, NeuronCounter } from "./statistics.js";
import { mergeValues, ValueCounter } from "./value-statistics.js";

export interface CalibrateOptions {
  readonly executor: Executor;
  /** The ladder, cheapest first: every rung is measured. */
  readonly accumulators: readonly Accumulator[];
  /** How sites are laid out, where not as the model has them: see `arrange`. */
  readonly arrangements?: ReadonlyMap<SiteId, SiteArrangement>;
  /** Of the random directions that stand in for the elements of large outputs. */
  readonly seed: number;
  /** Default: what the outputs look like. */
  readonly task?: Task | undefined;
  readonly tool: Tool;
  readonly onProgress?: (done: number, total: number) => void;
  /** When it fires, the profile of the samples so far is returned; with none, `cancelled` is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Measures the graph on all the samples. Memory does not grow with their number; the profile of given samples
 * is the same bytes whatever their order, and whatever shards they were measured in (`mergeProfiles`).
 *
 * @throws CalibrationError `no-samples`, `nothing-to-plan` for a graph without sums, `cancelled`.
 */
export async function calibrate(graph: Graph, samples: Samples, options: CalibrateOptions): Promise<Profile> {
  const { executor, accumulators, arrangements, onProgress, signal } = options;
  if (samples.count === 0) {
    throw new CalibrationError("no-samples", {
      what: "There is no sample to calibrate on",
      where: `the calibration of "${graph.name}"`,
      next: "give at least one sample, better a few hundred",
    });
  }
  const laidOut = (site: SumSite): SiteArrangement => arrangements?.get(site.id) ?? { accumulators };
  const probe = await executor.probe(
    graph,
    (site) => laidOut(site).accumulators,
    (site) => laidOut(site).arrangement,
  );
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
  const valueCounters = new Map(
    probe.valueSites.map((site) => [site.id, Array.from({ length: site.neurons }, () => new ValueCounter())]),
  );
  const task = options.task ?? (await guessTaskOf(graph, samples, executor));
  const sensitivities = createSensitivities(graph, probe.sites, { task, seed: options.seed });
  const digest = new SetDigest();
  const batch = await chooseBatch(graph, samples, executor);
  let done = 0;
  while (done < samples.count) {
    if (signal?.aborted) {
      if (done === 0) throw cancelled(graph.name, done, samples.count);
      break;
    }
    const count = Math.min(batch, samples.count - done);
    const some = Array.from({ length: count }, (_, k) => samples.at(done + k));
    for (const sample of some) digest.add(sample);
    let weights: ReturnType<Sensitivities["run"]> | null = null;
    await probe.run(
      stack(some),
      (site, measurement) => {
        const neurons = counters.get(site.id)!;
        if (!weights)
          throw new Error("internal: the probe measures before it has handed over the run's values");
        const weight = weights.get(site.id);
        for (let c = 0; c < measurement.v.length; c++)
          neurons[measurement.neurons[c]!]!.add(measurement, c, weight?.[c] ?? 0);
      },
      {
        values: (values) => (weights = sensitivities.run(values, count)),
        visitValues: ({ id }, measurement) => {
          const neurons = valueCounters.get(id)!;
          measurement.neurons.forEach((neuron, i) => neurons[neuron]!.add(measurement, i));
        },
      },
    );
    done += count;
    onProgress?.(done, samples.count);
  }

  const opOf = (id: NodeId): string => graph.nodes.find((node) => node.id === id)!.op;
  const sites = probe.sites.map((site): SiteProfile => {
    const { accumulators: own, arrangement } = laidOut(site);
    return {
      site: site.id,
      op: opOf(site.node),
      length: site.length,
      macs: site.macs,
      activation: site.activation.name,
      kappaActivation: kappa.get(site.id)!.name,
      ...(site.softmax && { softmaxScale: site.softmax.scale }),
      accumulators: [...own],
      ...(arrangement && { arrangement }),
      neurons: counters.get(site.id)!.map((counter) => counter.toJSON()),
    };
  });
  const valueSums = probe.valueSites.map(({ id, node, length, sameSign }): ValueProfile => ({
    site: id,
    op: opOf(node),
    length,
    sameSign,
    neurons: valueCounters.get(id)!.map((counter) => counter.toJSON()),
  }));
  return {
    kind: "mpplan-profile",
    version: 1,
    tool: options.tool,
    model: { name: graph.name, digest: graph.digest },
    data: { digest: digest.toString(), samples: done, random: samples.random },
    operands: graph.operands,
    accumulators: [...accumulators],
    sensitivities: describeSensitivities(sensitivities),
    sites,
    ...(valueSums.length > 0 && { valueSums }),
  };
}

function describeSensitivities({ fallbacks }: Sensitivities): string {
  if (fallbacks.length === 0) return "reverse mode, exact";
  return `reverse mode; without a gradient rule: ${fallbacks.map((f) => `${f.node} (${f.op}): ${f.how}`).join("; ")}`;
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
      p.sensitivities,
      p.sites.map((s) => [
        s.site,
        s.length,
        s.macs,
        s.neurons.length,
        s.activation,
        s.kappaActivation,
        s.accumulators,
        s.arrangement,
      ]),
      p.valueSums?.map((s) => [s.site, s.length, s.sameSign, s.neurons.length]),
    ]);
  if (facts(a) !== facts(b)) {
    throw new CalibrationError("merge-mismatch", {
      what: "The profiles differ in model, sizes, operands, accumulators, row scales, order or version, so they cannot be merged",
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
    ...(a.valueSums && {
      valueSums: a.valueSums.map((site, s) => ({
        ...site,
        neurons: site.neurons.map((neuron, n) => mergeValues(neuron, b.valueSums![s]!.neurons[n]!)),
      })),
    }),
  };
}

function cancelled(name: string, done: number, total: number): CalibrationError {
  return new CalibrationError("cancelled", {
    what: `Cancelled after ${done} of ${total} samples`,
    where: `the calibration of "${name}"`,
    next: "run it again; nothing was written",
  });
}
