// The cpu backend: says what it can do, and hands each node to the code that does it.
import { formatNamed } from "@mpplan/formats";
import { isNarrow, isTensor, sizeOf, type RuntimeValue, type Tensor } from "@mpplan/ir";
import {
  createReferenceBackend,
  takesTensorsOnly,
  type Handle,
  type Kernel,
  type KernelBackend,
  type KernelRequest,
  type KernelResult,
  type Memo,
  type Unsupported,
} from "@mpplan/runtime";
import { exactSums } from "./exact.js";
import { narrowed, plainRun } from "./plain.js";
import { plannedSums, usedAccumulators, type Run } from "./planned.js";
import { createProbe } from "./probe.js";
import { problemOf } from "./problem.js";
import { problemWith } from "./recipe.js";
import { inBinary64, Shared } from "./shared.js";

export interface CpuOptions {
  /** Only 1 so far. */
  readonly threads?: number;
}

const reference = createReferenceBackend();

/**
 * A backend with wasm SIMD kernels, on one thread. Results are those of the reference backend, bit for bit.
 *
 * @throws RangeError for more than one thread
 * @example
 * const executor = createExecutor(createCpuBackend(), { fallback: createReferenceBackend() });
 */
export function createCpuBackend({ threads = 1 }: CpuOptions = {}): KernelBackend {
  if (threads !== 1) throw new RangeError(`the cpu backend runs on 1 thread, not on ${threads}`);
  return backendOn(new Shared());
}

/** For tests, which look into what is shared. */
export function backendOn(shared: Shared): KernelBackend {
  return {
    name: "cpu",
    kernelFor(request) {
      const { op } = request.node;
      return op === "Conv" || op === "Gemm" || op === "MatMul"
        ? sumKernel(request, shared)
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
