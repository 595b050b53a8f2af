// The cpu backend: says what it can do, and hands each node to the code that does it.
import { formatNamed } from "@mpplan/formats";
import { isNarrow, isTensor, sizeOf, type RuntimeValue, type Tensor } from "@mpplan/ir";
import {
  createReferenceBackend,
  type Handle,
  type Kernel,
  type KernelBackend,
  type KernelRequest,
  type KernelResult,
  type Memo,
  problemOf,
  takesTensorsOnly,
  type Unsupported,
} from "@mpplan/runtime";
import { exactSums } from "./exact.js";
import { narrowed, plainRun } from "./plain.js";
import { plannedSums, usedAccumulators, type Run } from "./planned.js";
import { createProbe } from "./probe.js";
import { problemWith } from "./recipe.js";
import { inBinary64, Shared } from "./shared.js";
import { chooseThreads, type ThreadsWanted } from "./threads/choose.js";
import type { WorkerHost } from "./threads/host.js";
import { decidedRun } from "./value-sums.js";

export interface CpuOptions {
  /**
   * Threads that compute, the calling one among them; default 1. A number is honoured or refused; "auto" takes as
   * many as can compute at once, and `oneThread` says why where that is one.
   */
  readonly threads?: ThreadsWanted;
  /** How workers are started: `nodeWorkers()` of @mpplan/runtime-cpu/node, `browserWorkers()`, or another way. */
  readonly workers?: WorkerHost;
}

export interface CpuBackend extends KernelBackend {
  readonly threads: number;
  /** Why there is one thread although "auto" was asked for; null otherwise. */
  readonly oneThread: string | null;
  /** Stops the workers. They start again with the next run that is worth it, and never keep a process alive. */
  dispose(): void;
}

const reference = createReferenceBackend();

/**
 * A backend with wasm SIMD kernels. Results are those of the reference backend, bit for bit, on any number of threads.
 *
 * @throws RangeError for a number of threads that cannot be had
 * @example
 * const backend = createCpuBackend({ threads: "auto", workers: nodeWorkers() });
 * const executor = createExecutor(backend, { fallback: createReferenceBackend() });
 */
export function createCpuBackend({ threads: wanted = 1, workers }: CpuOptions = {}): CpuBackend {
  const { threads, reason } = chooseThreads(wanted, workers);
  const shared = new Shared(threads, workers);
  const dispose = (): void => shared.crew?.dispose();
  return { ...backendOn(shared), threads, oneThread: reason, dispose };
}

/** For tests, which look into what is shared. */
export function backendOn(shared: Shared): KernelBackend {
  return {
    name: "cpu",
    decidesValues: true,
    kernelFor(request) {
      const { op } = request.node;
      return op === "Conv" || op === "Gemm" || op === "MatMul"
        ? sumKernel(request, shared)
        : request.decision
          ? valueKernel(request)
          : plainKernel(request);
    },
    probeFor(node, site, accumulators, arrangement) {
      const probe = reference.probeFor(node, site, accumulators, arrangement);
      if (probe.kind === "unsupported") return probe;
      return createProbe(node, site, accumulators, arrangement, shared, probe);
    },
    upload(value) {
      if (!isTensor(value)) return value;
      const tensor = value;
      // A new object: what is remembered of it must not outlive a caller's change of the data.
      const handle: Tensor = { ...tensor };
      shared.adopt(handle);
      return handle;
    },
    download(handle) {
      const value = handle as RuntimeValue;
      return isTensor(value) ? { ...value, data: value.data.slice() } : value;
    },
    free: () => undefined,
  };
}

function plainKernel(request: KernelRequest): Kernel | Unsupported {
  const { node, storage } = request;
  if (node.op !== "Identity" && !takesTensorsOnly(node.op)) {
    return { kind: "unsupported", reason: `${node.op} works on more than tensors` };
  }
  const run = plainRun(request);
  return {
    kind: "kernel",
    run(handles, { memo }) {
      const inputs = handles as (Tensor | null)[];
      const now = (): KernelResult => ({ outputs: run(inputs) });
      return memo ? memo.get(`cpu|${node.id}|${storage}|${keyOf(memo, inputs)}`, now) : now();
    },
  };
}

/** Decided value sums: the reference's, faster where that pays. */
function valueKernel(request: KernelRequest): Kernel {
  const { node, storage, decision, accumulators, seed } = request;
  const fast = decidedRun(request);
  const run = fromReference(request);
  const what = JSON.stringify([decision!.ranges, accumulators, seed]);
  return {
    kind: "kernel",
    run(handles, context) {
      const { memo } = context;
      const now = (): KernelResult => {
        const inputs = handles as (Tensor | null)[];
        const quick = fast?.(inputs);
        if (quick) return quick;
        const { outputs, executed } = run(inputs, { ...context, memo: null }, "");
        return { outputs: outputs.map((t) => narrowed(t as Tensor)), executed: executed! };
      };
      const key = memo && `cpu|${node.id}|${storage}|${keyOf(memo, handles)}|${what}|${context.salt}`;
      return key === null ? now() : memo!.get(key, now);
    },
  };
}

function keyOf(memo: Memo, inputs: readonly (Handle | null)[]): string {
  return inputs.map((input) => memo.idOf(input)).join(",");
}

function sumKernel(request: KernelRequest, shared: Shared): Kernel | Unsupported {
  const { node, storage, decision, accumulators, seed } = request;
  const reason = decision && whyNot(request);
  if (reason) return { kind: "unsupported", reason };
  const run = decision ? plannedSums(request, shared) : exact(request, shared);
  const wide = decision !== null && usesBinary64(request);
  const what = decision
    ? JSON.stringify([decision.ranges, decision.arrangement, accumulators, seed])
    : "exact";
  let reference: Run | undefined;
  return {
    kind: "kernel",
    run(handles, context) {
      const inputs = handles as (Tensor | null)[];
      const { memo } = context;
      // Only a float64 model stores what a binary64 sum came to, and only the reference stores narrower floats than
      // binary32; all else is stored as binary32, but scaled back first.
      const { elem } = inputs[0]!;
      const asIs = elem === "float64" || decision?.arrangement?.scales;
      const now = isNarrow(elem) || (wide && asIs) ? (reference ??= fromReference(request)) : run;
      if (!memo) return now(inputs, context, "");
      const key = `cpu|${node.id}|${storage}|${keyOf(memo, inputs)}`;
      return memo.get(`${key}|${what}|${context.salt}`, () => now(inputs, context, key));
    },
  };
}

function whyNot(request: KernelRequest): string | null {
  const { accumulators, decision } = request;
  for (const id of usedAccumulators(request)) {
    const why = problemWith(accumulators[id]!);
    if (why) return why;
  }
  const wideLow = decision!.ranges.some(
    ({ choice }) => choice.mode === "dynamic" && formatNamed(accumulators[choice.low]!.format).carrier,
  );
  return wideLow ? "binary64 as the low accumulator of a dynamic choice" : null;
}

function usesBinary64(request: KernelRequest): boolean {
  return [...usedAccumulators(request)].some((id) => formatNamed(request.accumulators[id]!.format).carrier);
}

function fromReference(request: KernelRequest): Run {
  const kernel = reference.kernelFor(request) as Kernel;
  return (inputs, { salt }) => {
    const result = kernel.run(
      inputs.map((t) => t && reference.upload(t)),
      { salt, memo: null },
    );
    if (result instanceof Promise) throw new Error("internal: the reference backend is synchronous");
    return result;
  };
}

/** Without a decision: binary64 throughout. */
function exact({ node, site, storage }: KernelRequest, shared: Shared): Run {
  return (inputs) => {
    const [x, w, bias] = [inputs[0]!, inputs[1]!, inputs[2] ?? null];
    const problem = problemOf(node, inputs, site);
    const weights = shared.weights(w, problem);
    const data = exactSums(
      shared.memory,
      shared.crew,
      problem,
      (group) => weights.panels64(group),
      inBinary64(x),
      bias && inBinary64(bias),
      sizeOf(problem.dims),
    );
    weights.dispose();
    const result: Tensor = { elem: x.elem, dims: problem.dims, data };
    return { outputs: [storage === "binary32" ? narrowed(result) : result] };
  };
}
