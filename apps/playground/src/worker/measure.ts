// Runs one plan after another on the same samples, a few at a time, so that what is asked for meanwhile is never kept
// waiting for long; the exact runs are made once, on the cpu.
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
import type { BackendName, Measured } from "../protocol.js";

/** Samples that one run takes at most. */
const atOnce = 8;

interface Part {
  readonly start: number;
  readonly count: number;
  readonly feeds: Sample;
  readonly exact: TensorMap;
}

interface Known {
  readonly parts: readonly Part[];
  readonly task: Task;
}

export interface Meter {
  /** What a plan costs and loses on a backend; null where the signal fires first. */
  measure(
    plan: Plan,
    executor: Executor,
    backend: BackendName,
    signal: AbortSignal,
  ): Promise<Measured | null>;
}

export function openMeter(graph: Graph, samples: Samples, cpu: Executor): Meter {
  let parts: Promise<Known> | null = null;
  return {
    async measure(plan, executor, backend, signal) {
      const known = await (parts ??= exactParts(graph, samples, cpu));
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
      const { error, flips } = meter;
      return { error, flips, cost, fractionHigh, samples: samples.count, backend };
    },
  };
}

async function exactParts(graph: Graph, samples: Samples, cpu: Executor): Promise<Known> {
  const session = await cpu.prepare(graph, "reference");
  const batch = Math.min(atOnce, await chooseBatch(graph, samples, cpu));
  const parts: Part[] = [];
  for (let start = 0; start < samples.count; start += batch) {
    const count = Math.min(batch, samples.count - start);
    const feeds = stack(Array.from({ length: count }, (_, k) => samples.at(start + k)));
    parts.push({ start, count, feeds, exact: await session.run(feeds) });
  }
  session.dispose();
  const [first] = parts;
  return { parts, task: first ? guessTask(outputsOf(first.exact, 0, first.count)) : "values" };
}
