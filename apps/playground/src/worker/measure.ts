// Runs one plan after another on the same samples, a few at a time, so that a cut is never kept waiting for long; the
// exact runs are made once.
import { chooseBatch, ErrorMeter, guessTask, outputsOf, type Task } from "@mpplan/calibration";
import {
  addExecuted,
  measuredCost,
  stack,
  type ExecutedSite,
  type Graph,
  type Plan,
  type Sample,
  type Samples,
} from "@mpplan/ir";
import type { Executor, TensorMap } from "@mpplan/runtime";
import type { Measured } from "../protocol.js";

/** Samples that one run takes at most. */
const atOnce = 8;

interface Part {
  readonly start: number;
  readonly count: number;
  readonly feeds: Sample;
  readonly exact: TensorMap;
}

export interface Meter {
  /** What a plan costs and loses; null where the signal fires first. */
  measure(plan: Plan, signal: AbortSignal): Promise<Measured | null>;
}

export function openMeter(graph: Graph, samples: Samples, executor: Executor): Meter {
  let parts: Promise<{ parts: readonly Part[]; task: Task }> | null = null;
  const exactParts = async (): Promise<{ parts: readonly Part[]; task: Task }> => {
    const session = await executor.prepare(graph, "reference");
    const batch = Math.min(atOnce, await chooseBatch(graph, samples, executor));
    const parts: Part[] = [];
    for (let start = 0; start < samples.count; start += batch) {
      const count = Math.min(batch, samples.count - start);
      const feeds = stack(Array.from({ length: count }, (_, k) => samples.at(start + k)));
      parts.push({ start, count, feeds, exact: await session.run(feeds) });
    }
    session.dispose();
    const [first] = parts;
    return { parts, task: first ? guessTask(outputsOf(first.exact, 0, first.count)) : "values" };
  };
  return {
    async measure(plan, signal) {
      const known = await (parts ??= exactParts());
      const session = await executor.prepare(graph, plan);
      const meter = new ErrorMeter(known.task);
      let executed: ExecutedSite[] = [];
      try {
        for (const { start, count, feeds, exact } of known.parts) {
          if (signal.aborted) return null;
          const outputs = await session.run(feeds);
          for (let k = 0; k < count; k++) {
            meter.add(outputsOf(outputs, k, count), outputsOf(exact, k, count), samples.label(start + k));
          }
          executed = addExecuted(executed, session.executed);
        }
      } finally {
        session.dispose();
      }
      const { cost, fractionHigh } = measuredCost(plan, executed);
      return { error: meter.error, flips: meter.flips, cost, fractionHigh, samples: samples.count };
    },
  };
}
