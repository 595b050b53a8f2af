// The backends by name, and the executor over them. One line each.
import { createExecutor, createReferenceBackend, type Executor, type KernelBackend } from "@mpplan/runtime";
import { createCpuBackend } from "@mpplan/runtime-cpu";
import { UsageError } from "./errors.js";

const backends: Readonly<Record<string, () => KernelBackend>> = {
  cpu: () => createCpuBackend(),
  reference: createReferenceBackend,
};

export const backendNames = Object.keys(backends);
export const defaultBackend = "cpu";

/**
 * An executor on the first of the named backends. What it cannot carry out goes to the reference, which gives the
 * same bits, and `executed` says so. @throws UsageError `unknown-provider`.
 */
export function executorOn(names: readonly string[] = [defaultBackend]): Executor {
  const [first = defaultBackend] = names;
  for (const name of names) {
    if (Object.hasOwn(backends, name)) continue;
    throw new UsageError("unknown-provider", {
      what: `There is no execution provider "${name}"`,
      where: "the choice of a backend",
      next: `use one of: ${backendNames.join(", ")}`,
    });
  }
  return createExecutor(backends[first]!(), { fallback: createReferenceBackend() });
}
