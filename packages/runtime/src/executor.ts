// An executor on a backend: what it uploads is kept for all its sessions.
import type { Tensor } from "@mpplan/ir";
import type { Handle, KernelBackend } from "./backend.js";
import type { Executor, ExecutorOptions } from "./contract.js";
import { createProbe } from "./probe-session.js";
import { createSession } from "./session.js";

export type * from "./contract.js";

const defaultMaxRounds = 2 ** 20;

/**
 * @example
 * const session = await createExecutor(createReferenceBackend()).prepare(graph, plan);
 * const outputs = await session.run(new Map([["input", sample]]));
 */
export function createExecutor(
  backend: KernelBackend,
  { fallback, maxRounds = defaultMaxRounds }: ExecutorOptions = {},
): Executor {
  // Constants are uploaded once for all the sessions of this executor.
  const uploaded = new Map<KernelBackend, WeakMap<Tensor, Handle>>();
  const upload = (on: KernelBackend, constant: Tensor): Handle => {
    let table = uploaded.get(on);
    if (!table) uploaded.set(on, (table = new WeakMap()));
    let handle = table.get(constant);
    if (!handle) table.set(constant, (handle = on.upload(constant)));
    return handle;
  };
  return {
    prepare: async (graph, execution) =>
      createSession(graph, execution, { backend, fallback, upload, maxRounds }),
    probe: async (graph, accumulators, arrangement) =>
      createProbe(graph, accumulators, arrangement, { backend, fallback: undefined, upload, maxRounds }),
  };
}
