// How many threads a backend gets of those that it was asked for.
import type { WorkerHost } from "./host.js";
import { mostThreads } from "./protocol.js";

export type ThreadsWanted = number | "auto";

export interface ThreadsChosen {
  readonly threads: number;
  /** Why there is one thread although as many as possible were asked for; null otherwise. */
  readonly reason: string | null;
}

/**
 * A number is a number: it is honoured or refused. "auto" takes what the platform has, and says why that is one.
 *
 * @throws RangeError for a number that is no count of threads, or more than one where there can be no more
 */
export function chooseThreads(wanted: ThreadsWanted, workers: WorkerHost | undefined): ThreadsChosen {
  const why = workers
    ? workers.unavailable
    : "no workers were given (nodeWorkers() of @mpplan/runtime-cpu/node, or browserWorkers())";
  if (wanted === "auto") {
    if (why !== null) return { threads: 1, reason: why };
    const threads = Math.max(1, Math.min(mostThreads, workers!.parallelism));
    return { threads, reason: threads === 1 ? "there is one core" : null };
  }
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > mostThreads)
    throw new RangeError(`the cpu backend runs on 1 to ${mostThreads} threads, not on ${wanted}`);
  if (wanted > 1 && why !== null) throw new RangeError(`the cpu backend has 1 thread, not ${wanted}: ${why}`);
  return { threads: wanted, reason: null };
}
