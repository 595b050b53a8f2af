// Decides how each site's sums are laid out, before any precision is: power-of-two row scales against clipping, and,
// where the target allows it, the length of the blocks and the order of the terms. All exact; all free at run time.
import { formatNamed, maxFinite } from "@mpplan/formats";
import {
  constantInput,
  stack,
  type Accumulator,
  type Arrangement,
  type Graph,
  type Samples,
  type SiteId,
  type SumSite,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type { Executor, ProbeSession, SiteMeasurement } from "@mpplan/runtime";
import { chooseBatch } from "./batch.js";
import { ascendingTerms, TermSizes } from "./term-order.js";
import { createSensitivities } from "./gradients/sensitivities.js";
import { guessTaskOf } from "./task.js";
import type { Task } from "./metrics.js";

/** What may be decided. */
export interface ArrangeOptions {
  readonly executor: Executor;
  /** The ladder, cheapest first. */
  readonly accumulators: readonly Accumulator[];
  /** Row scales where sums clip on a rung. */
  readonly scales: boolean;
  /** The block length of blocked orders, per site and rung. */
  readonly blocks: boolean;
  /** One order of the terms per site. */
  readonly terms: boolean;
  /** Of random directions, see `createSensitivities`. */
  readonly seed: number;
  readonly task?: Task | undefined;
  readonly signal?: AbortSignal;
}

/** One site's share of the answer. */
export interface SiteArrangement {
  readonly accumulators: readonly Accumulator[];
  readonly arrangement?: Arrangement;
}

/** At most this many samples are looked at, the first of those given. */
export const arrangeSamples = 128;

const blockLengths = [4, 8, 16, 32, 64];

/** Sums that come closer to the largest number than this on the samples seen may pass it on others. */
const headroom = 2;

export async function arrange(
  graph: Graph,
  samples: Samples,
  options: ArrangeOptions,
): Promise<ReadonlyMap<SiteId, SiteArrangement>> {
  const { accumulators } = options;
  const { sites, scales, sizes } = await look(graph, samples, options);
  const fixed = new Map(
    sites.map((site): [SiteId, Arrangement] => {
      const row = options.scales ? scales.get(site.id) : undefined;
      return [site.id, row ? { scales: row } : {}];
    }),
  );
  const plain = (site: SumSite): SiteArrangement => withArrangement(accumulators, fixed.get(site.id)!);
  if (!options.blocks && !options.terms) return new Map(sites.map((site) => [site.id, plain(site)]));

  const orders: Map<SiteId, Arrangement>[] = [fixed];
  if (options.terms) {
    orders.push(
      new Map(
        sites.map((site) => {
          const terms = ascendingTerms(sizes.get(site.id));
          return [site.id, terms ? { ...fixed.get(site.id), terms } : fixed.get(site.id)!];
        }),
      ),
    );
  }
  const candidates = accumulators.map((rung) => variants(rung, options.blocks));
  const flat = candidates.flat();
  // [order][site] -> summed weighted squared error per candidate accumulator
  const losses: ReadonlyMap<SiteId, Float64Array>[] = [];
  for (const order of orders) {
    const probe = await options.executor.probe(graph, flat, (site) => order.get(site.id));
    losses.push(await measure(graph, samples, probe, flat.length, options));
  }
  return new Map(
    sites.map((site) => {
      const choices = losses.map((table) => pick(candidates, table.get(site.id)!));
      // The order is one for all rungs: what the lowest gains decides, and a tie leaves it as it is.
      const best = choices.findIndex((c) => c.loss[0]! === Math.min(...choices.map((x) => x.loss[0]!)));
      return [site.id, withArrangement(choices[best]!.accumulators, orders[best]!.get(site.id)!)];
    }),
  );
}

function withArrangement(accumulators: readonly Accumulator[], arrangement: Arrangement): SiteArrangement {
  return Object.keys(arrangement).length === 0 ? { accumulators } : { accumulators, arrangement };
}

/** The rung as it is, then with every other block length. */
function variants(rung: Accumulator, blocks: boolean): Accumulator[] {
  if (!blocks || rung.order.kind !== "blocked") return [rung];
  const { block } = rung.order;
  const others = blockLengths.filter((length) => length !== block);
  return [
    rung,
    ...others.map((length): Accumulator => ({ ...rung, order: { kind: "blocked", block: length } })),
  ];
}

function pick(
  candidates: readonly (readonly Accumulator[])[],
  table: Float64Array,
): { accumulators: Accumulator[]; loss: number[] } {
  let from = 0;
  const loss: number[] = [];
  const accumulators = candidates.map((list) => {
    const own = table.subarray(from, (from += list.length));
    // The first smallest: the order asked for wins a tie.
    const best = own.indexOf(own.reduce((a, b) => Math.min(a, b), Infinity));
    loss.push(own[Math.max(0, best)]!);
    return list[Math.max(0, best)]!;
  });
  return { accumulators, loss };
}

/** One pass with the ladder as it is: who clips, how large |W||h|+|b| grows, how large each input is. */
async function look(
  graph: Graph,
  samples: Samples,
  { executor, accumulators, signal }: ArrangeOptions,
): Promise<{
  sites: readonly SumSite[];
  scales: ReadonlyMap<SiteId, number[]>;
  sizes: ReadonlyMap<SiteId, TermSizes>;
}> {
  const probe = await executor.probe(graph, accumulators);
  const limits = accumulators.map((a) => maxFinite(formatNamed(a.format)));
  const largest = new Map(probe.sites.map((site) => [site.id, new Float64Array(site.neurons)]));
  const peaks = new Map(probe.sites.map((site) => [site.id, new Float64Array(site.neurons)]));
  const sizes = new Map(
    probe.sites.flatMap((site) => {
      const node = graph.nodes.find((n) => n.id === site.node)!;
      const weights = constantInput(graph, node, 1);
      return weights ? [[site.id, new TermSizes(node, weights)] as const] : [];
    }),
  );
  await forBatches(graph, samples, executor, signal, (feeds) =>
    probe.run(
      feeds,
      (site, m) => {
        const [size, peak] = [largest.get(site.id)!, peaks.get(site.id)!];
        for (let c = 0; c < m.v.length; c++) {
          const n = m.neurons[c]!;
          size[n] = Math.max(size[n]!, m.magnitude[c]!);
          for (const low of m.low) peak[n] = Math.max(peak[n]!, low.peak[c]!);
        }
      },
      { values: (values) => sizes.forEach((table) => table.add(inputOf(values, table))) },
    ),
  );
  // The narrowest rung decides: a scale is of the row, whatever the rung.
  const limit = Math.min(...limits);
  const scales = new Map<SiteId, number[]>();
  for (const site of probe.sites) {
    const peak = peaks.get(site.id)!;
    if (!peak.some((x) => x * headroom > limit)) continue;
    const exponents = Array.from(largest.get(site.id)!, (size, n) =>
      peak[n]! * headroom > limit && size < Infinity ? -Math.ceil(Math.log2((size * headroom) / limit)) : 0,
    );
    if (exponents.some((e) => e !== 0))
      scales.set(
        site.id,
        exponents.map((e) => Math.min(0, e)),
      );
  }
  return { sites: probe.sites, scales, sizes };
}

function inputOf(values: ReadonlyMap<ValueId, Tensor>, table: TermSizes): Tensor {
  const tensor = values.get(table.input);
  if (!tensor) throw new Error(`internal: the run has no value "${table.input}"`);
  return tensor;
}

async function measure(
  graph: Graph,
  samples: Samples,
  probe: ProbeSession,
  candidates: number,
  { executor, signal, seed, task }: ArrangeOptions,
): Promise<ReadonlyMap<SiteId, Float64Array>> {
  const losses = new Map(probe.sites.map((site) => [site.id, new Float64Array(candidates)]));
  const chosen = task ?? (await guessTaskOf(graph, samples, executor));
  const sensitivities = createSensitivities(graph, probe.sites, { task: chosen, seed });
  await forBatches(graph, samples, executor, signal, async (feeds, count) => {
    let weights: ReadonlyMap<SiteId, Float64Array> = new Map();
    const seen: [SumSite, SiteMeasurement][] = [];
    await probe.run(feeds, (site, m) => seen.push([site, m]), {
      values: (values) => (weights = sensitivities.run(values, count)),
    });
    for (const [site, m] of seen) addLosses(losses.get(site.id)!, site, m, weights.get(site.id));
  });
  return losses;
}

function addLosses(
  into: Float64Array,
  { activation }: SumSite,
  m: SiteMeasurement,
  weights: Float64Array | undefined,
): void {
  const values = m.v.map((v) => activation.value(v));
  m.low.forEach((low, candidate) => {
    let sum = 0;
    for (let c = 0; c < m.v.length; c++) {
      const error = activation.value(low.value[c]!) - values[c]!;
      const loss = error * error * (weights?.[c] ?? 1);
      if (loss < Infinity) sum += loss;
    }
    into[candidate]! += sum;
  });
}

async function forBatches(
  graph: Graph,
  samples: Samples,
  executor: Executor,
  signal: AbortSignal | undefined,
  visit: (feeds: ReadonlyMap<ValueId, Tensor>, count: number) => Promise<void>,
): Promise<void> {
  const batch = await chooseBatch(graph, samples, executor);
  const total = Math.min(samples.count, arrangeSamples);
  for (let i = 0; i < total && !signal?.aborted; i += batch) {
    const count = Math.min(batch, total - i);
    await visit(stack(Array.from({ length: count }, (_, k) => samples.at(i + k))), count);
  }
}
