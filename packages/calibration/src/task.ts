// What a model's outputs are taken for, where nobody says it.
import type { Graph, Samples } from "@mpplan/ir";
import type { Executor } from "@mpplan/runtime";
import { guessTask, type Task } from "./metrics.js";

/** The task that the outputs for the first sample look like. */
export async function guessTaskOf(graph: Graph, samples: Samples, executor: Executor): Promise<Task> {
  const session = await executor.prepare(graph, "reference");
  try {
    return guessTask(await session.run(samples.at(0)));
  } finally {
    session.dispose();
  }
}
