// How many samples go through the network in one run. Many at once is much faster where the model lets them.
import {
  hasOpenBatch,
  slice,
  stack,
  type Graph,
  type Sample,
  type Samples,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type { Executor } from "@mpplan/runtime";

/** Enough to fill the kernels; what is random in a plan draws per run, so the number is part of the result. */
const largestBatch = 64;

const known = new WeakMap<Executor, WeakMap<Graph, number>>();

/**
 * The batch for a graph: 1 unless its first axis is open and a trial shows that two samples together give, bit for
 * bit, what each gives alone.
 */
export async function chooseBatch(graph: Graph, samples: Samples, executor: Executor): Promise<number> {
  if (samples.count < 2 || !hasOpenBatch(graph)) return 1;
  const perGraph = known.get(executor) ?? new WeakMap<Graph, number>();
  known.set(executor, perGraph);
  const before = perGraph.get(graph);
  if (before !== undefined) return before;
  const batch = (await treatsSamplesAlone(graph, [samples.at(0), samples.at(1)], executor))
    ? largestBatch
    : 1;
  perGraph.set(graph, batch);
  return batch;
}

async function treatsSamplesAlone(
  graph: Graph,
  samples: readonly Sample[],
  executor: Executor,
): Promise<boolean> {
  const session = await executor.prepare(graph, "reference");
  try {
    const together = await session.run(stack(samples));
    for (const [i, sample] of samples.entries()) {
      const alone = await session.run(sample);
      for (const [id, t] of alone) {
        const all = together.get(id)!;
        if (all.dims[0] !== samples.length * (t.dims[0] ?? 0)) return false;
        if (!sameBits(slice(all, i, samples.length), t)) return false;
      }
    }
    return true;
  } finally {
    session.dispose();
  }
}

function sameBits(a: Tensor, b: Tensor): boolean {
  return (
    a.data.length === b.data.length &&
    Array.from(a.data as ArrayLike<unknown>).every((x, i) => Object.is(x, b.data[i]))
  );
}

/** The outputs that belong to sample `index` of a batch of `count`. */
export function outputsOf(
  outputs: ReadonlyMap<ValueId, Tensor>,
  index: number,
  count: number,
): ReadonlyMap<ValueId, Tensor> {
  return count === 1 ? outputs : new Map([...outputs].map(([id, t]) => [id, slice(t, index, count)]));
}
