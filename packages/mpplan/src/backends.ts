// The backends by name, and the executor over them. One line each.
import { createExecutor, createReferenceBackend, type Executor, type KernelBackend } from "@mpplan/runtime";
import { chooseThreads, createCpuBackend, type ThreadsWanted, type WorkerHost } from "@mpplan/runtime-cpu";
import type { AdapterFacts } from "@mpplan/runtime-webgpu";
import { chained } from "./chained.js";
import { UsageError } from "./errors.js";

export interface ThreadOptions {
  /**
   * Threads that compute; default 1. A number is honoured or refused, "auto" takes what there is. The results are the
   * same bits on any number.
   */
  readonly threads?: ThreadsWanted | undefined;
  /** How workers are started; the platform's own way by default. */
  readonly workers?: WorkerHost | undefined;
  /** Where the webgpu backend looks for adapters; the platform's own way by default. */
  readonly gpu?: OpenGpu | undefined;
}

/** The GPU of a platform; undefined for `navigator.gpu`. */
export type OpenGpu = () => Promise<GPU | undefined>;

/** What a GPU says of itself, and why its sums cannot be made exact; null where its start-up test passed. */
export interface GpuFacts {
  readonly adapter: AdapterFacts;
  readonly inexact: string | null;
}

type Disposable = KernelBackend & Partial<GpuFacts> & { dispose?(): void };

type Open = (options: ThreadOptions) => Disposable | Promise<Disposable>;

const onHost = {
  cpu: ({ threads = 1, workers }) => {
    orRefuse(() => chooseThreads(threads, workers));
    return createCpuBackend({ threads, ...(workers && { workers }) });
  },
  reference: ({ threads = 1 }) => {
    orRefuse(() => oneThread(threads));
    return createReferenceBackend();
  },
} satisfies Record<string, (options: ThreadOptions) => Disposable>;

const backends: Readonly<Record<string, Open>> = {
  ...onHost,
  webgpu: async ({ gpu }) => {
    // Fetched by those who ask for it: shaders and what writes them are of no use to others.
    const { createWebGpuBackend } = await import("@mpplan/runtime-webgpu");
    const found = await gpu?.();
    return createWebGpuBackend(found ? { gpu: found } : {});
  },
};

export const backendNames = Object.keys(backends);
export const defaultBackend = "cpu";

export interface OwnedExecutor {
  readonly executor: Executor;
  /** The GPU that computes; null where none does. */
  readonly gpu: GpuFacts | null;
  /** Stops the threads, if there are any. They never keep a process alive. */
  dispose(): void;
}

/** An executor on the cpu backend. @throws UsageError `bad-option` for threads that cannot be had. */
export function defaultExecutor(options: ThreadOptions = {}): OwnedExecutor {
  return owned(onHost[defaultBackend](options), createReferenceBackend());
}

/**
 * An executor on the first of the named backends. What it cannot carry out goes to the next one, or to the cpu, and
 * from there to the reference, which gives the same bits for every sum; `executed` says so.
 *
 * @throws UsageError `unknown-provider`, `bad-option` for threads that cannot be had; WebGpuError `no-webgpu`,
 * `no-adapter`, `no-device`
 */
export async function executorOn(
  names: readonly string[] = [defaultBackend],
  options: ThreadOptions = {},
): Promise<OwnedExecutor> {
  const [first = defaultBackend, second] = names;
  for (const name of names) {
    if (Object.hasOwn(backends, name)) continue;
    throw new UsageError("unknown-provider", {
      what: `There is no execution provider "${name}"`,
      where: "the choice of a backend",
      next: `use one of: ${backendNames.join(", ")}`,
    });
  }
  const reference = createReferenceBackend();
  if (first !== "webgpu") return owned(await backends[first]!(options), reference);
  // A page without workers still has the cpu on one thread.
  const cpu = second === "reference" ? null : onHost.cpu(options);
  return owned(await backends[first]!(options), cpu ? chained(cpu, reference) : reference, cpu);
}

function owned(backend: Disposable, fallback: KernelBackend, other: Disposable | null = null): OwnedExecutor {
  const executor = createExecutor(backend, { fallback });
  const dispose = (): void => [backend, other].forEach((each) => each?.dispose?.());
  const { adapter, inexact = null } = backend;
  return { executor, gpu: adapter ? { adapter, inexact } : null, dispose };
}

function oneThread(threads: ThreadsWanted): void {
  if (threads === "auto" || threads === 1) return;
  throw new RangeError(`the reference backend runs on 1 thread, not on ${threads}`);
}

/** What is said of a number of threads that cannot be had, as an error in three beats. */
function orRefuse(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError("bad-option", {
      what: error.message.replace(/^./, (c) => c.toUpperCase()),
      where: "the number of threads",
      next: "leave the number out, or ask for 1",
    });
  }
}
