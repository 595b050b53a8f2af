// The webgpu backend: says what it can do, and hands each node to the code that records it.
import { inStorage, isTensor, ops, type RuntimeValue } from "@mpplan/ir";
import {
  createReferenceBackend,
  type Handle,
  type Kernel,
  type KernelBackend,
  type KernelContext,
  type KernelRequest,
  type KernelResult,
  type Unsupported,
} from "@mpplan/runtime";
import { Device, type AdapterFacts, type DeviceOptions } from "./device.js";
import { testProblem } from "./lookup.js";
import type { Writer } from "./dispatch-sums.js";
import type { Recorder } from "./plain/define.js";
import { recorders, shapeOf } from "./plain/index.js";
import { PlannedSums, type PlannedOptions } from "./planned.js";
import { selfTest } from "./self-test.js";
import { Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import type { ChooseTile } from "./tiles.js";
import { decidedValues, ownSums, undecidedLines } from "./values.js";
import { nativeKind, nativeProblem } from "./wgsl/native.js";
import { emulated, emulatedTiles, native, nativeTiles } from "./wgsl/products.js";
import { problemWith } from "./wgsl/sum.js";

export interface WebGpuOptions extends DeviceOptions {
  /** How many components of a product an invocation computes; for measurements. No bit of an emulated sum depends on it. */
  readonly chooseTile?: ChooseTile;
}

export interface WebGpuBackend extends KernelBackend {
  readonly adapter: AdapterFacts;
  /** Why this adapter's arithmetic cannot be made exact; null where the start-up test passed. */
  readonly inexact: string | null;
  /** What was done so far: submits, dispatches, pipelines compiled. */
  readonly counts: Readonly<Record<"submits" | "dispatches" | "pipelines", number>>;
  /** Gives the device back. Sessions on it are of no use any more. */
  dispose(): void;
}

/**
 * A backend on the GPU. Emulated sums are those of the reference, bit for bit, given the same inputs; other operators
 * compute in binary32 and may differ from it by rounding.
 *
 * @throws WebGpuError `no-webgpu`, `no-adapter`, `no-device`
 * @example
 * const backend = await createWebGpuBackend();
 * const executor = createExecutor(backend, { fallback: createCpuBackend() });
 */
export async function createWebGpuBackend(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const device = await Device.open(options);
  const stream = new Stream(device);
  const inexact = await selfTest(stream);
  return {
    ...backendOn(stream, inexact, options.chooseTile),
    adapter: device.adapter,
    inexact,
    counts: stream.counts,
    dispose: () => device.destroy(),
  };
}

const reference = createReferenceBackend();

/**
 * For tests, which look into the stream.
 *
 * A `Memo` is left alone. It does not say when it drops an entry, so that buffers kept in one would never go back to the
 * pool; plans that are evaluated side by side on the same samples, for which it is made, run where the exact reference
 * does, and that is not here. Packed weights are kept with their handle, and every session uploads handles of its own:
 * sharing them would save one dispatch per site and session, and take a promise that a constant's numbers never change.
 */
export function backendOn(stream: Stream, inexact: string | null, chooseTile?: ChooseTile): KernelBackend {
  /** Handles that came from outside and live on: constants, and inputs, whose weights are packed once. */
  const uploaded = new WeakSet<object>();
  return {
    name: "webgpu",
    decidesValues: true,
    kernelFor(request) {
      if (request.storage === "binary64") return no("the exact reference is computed in binary64");
      const { op } = request.node;
      if (op === "Conv" || op === "Gemm" || op === "MatMul") {
        const lasts = (handle: GpuTensor): boolean => uploaded.has(handle);
        return sumKernel(request, stream, inexact, { lasts, ...(chooseTile && { chooseTile }) });
      }
      return request.decision ? valueKernel(request, stream, inexact) : plainKernel(request, stream);
    },
    probeFor: () => no("calibration measures sums in binary64"),
    upload(value) {
      if (!isTensor(value)) return value;
      const handle = GpuTensor.onHost({ ...value, data: value.data.slice() as typeof value.data });
      uploaded.add(handle);
      return handle;
    },
    download: (handle) => (handle instanceof GpuTensor ? handle.download(stream) : (handle as RuntimeValue)),
    free(handle) {
      if (handle instanceof GpuTensor) handle.free(stream);
    },
  };
}

const no = (reason: string): Unsupported => ({ kind: "unsupported", reason });

function sumKernel(
  request: KernelRequest,
  stream: Stream,
  inexact: string | null,
  options: Pick<PlannedOptions, "lasts" | "chooseTile">,
): Kernel | Unsupported {
  const exact = request.semantics !== "floor" || !isNative(request);
  const reason = whyNot(request, exact, inexact);
  if (reason) return no(reason);
  const { accumulators } = request;
  const kinds = accumulators.map((a) => nativeKind(a, stream.device.adapter.halves));
  const writers = accumulators.map((a, use): Writer => {
    const kind = kinds[use]!;
    return exact
      ? {
          label: "emulated sums",
          sums: emulated(a),
          tiles: emulatedTiles(a),
          draws: a.rounding === "stochastic",
        }
      : { label: `${kind} sums`, sums: native(a, kind), tiles: nativeTiles(a, kind), draws: false };
  });
  const sums = new PlannedSums(stream, request, { ...options, writerFor: (use) => writers[use]!, exact });
  const used = [...usedBy(request)].map((use) => `${accumulators[use]!.format} in ${kinds[use]!}`);
  const substitution = exact ? null : `the device's own arithmetic, at least as precise: ${used.join(", ")}`;
  return {
    kind: "kernel",
    run(handles, context) {
      const inputs = handles as (GpuTensor | null)[];
      const strange = inputs.find((t) => t && t.elem !== "float32" && t.elem !== "float64");
      if (strange)
        return onHost(request, inputs, stream, context, `sums of ${strange.elem} are computed on the host`);
      return { ...sums.run(inputs, context), ...(substitution !== null && { substitution }) };
    },
  };
}

function usedBy({ decision }: KernelRequest): Set<number> {
  const ranges = decision?.ranges ?? [];
  return new Set(
    ranges.flatMap(({ choice }) => (choice.mode === "static" ? [choice.use] : [choice.low, choice.high])),
  );
}

/** True where the device's arithmetic is at least as precise as every accumulator that is asked for. */
function isNative(request: KernelRequest): boolean {
  return [...usedBy(request)].every((use) => nativeProblem(request.accumulators[use]!) === null);
}

function whyNot(request: KernelRequest, exact: boolean, inexact: string | null): string | null {
  const { decision, accumulators, node } = request;
  if (!decision) return "the exact reference is computed in binary64";
  if (exact && inexact) return inexact;
  for (const use of exact ? usedBy(request) : []) {
    const why = problemWith(accumulators[use]!);
    if (why) return why;
  }
  const scales = decision.arrangement?.scales ?? [];
  for (const { choice } of decision.ranges) {
    const why =
      choice.mode === "dynamic" ? testProblem(choice.test, accumulators[choice.low]!, scales) : null;
    if (why) return why;
  }
  if (scales.some((e) => Math.abs(e) > 126)) return "a scale beyond binary32's normal numbers";
  const factors = [node.attrs["alpha"], node.attrs["beta"]].filter((x) => typeof x === "number");
  if (factors.some((x) => Math.fround(x) !== x)) return "alpha or beta is no binary32 number";
  return null;
}

/** An operator whose value sums a plan decides: on binary32 tensors as `decidedValues` says. */
function valueKernel(request: KernelRequest, stream: Stream, inexact: string | null): Kernel | Unsupported {
  const sums = decidedValues(request, stream, inexact);
  if (typeof sums === "string") return no(sums);
  return {
    kind: "kernel",
    run(handles, context) {
      const inputs = handles as (GpuTensor | null)[];
      const note = `the host: ${request.node.op} has no shader for these inputs`;
      return (
        (inputs[0]?.elem === "float32" && sums(inputs, context)) ||
        onHost(request, inputs, stream, context, note)
      );
    },
  };
}

/**
 * On binary32 tensors by a shader. Integers, and binary64 and narrower floats, are on the host, where the reference
 * takes them; a node without a shader is left to another backend.
 */
function plainKernel(request: KernelRequest, stream: Stream): Kernel | Unsupported {
  const { node } = request;
  const { op } = node;
  const lines = undecidedLines(request, stream);
  const recorder: Recorder | undefined =
    op === "Shape" ? shapeOf : (recorders as Partial<Record<string, Recorder>>)[op];
  if (!recorder && !lines) return no(`${op} has no shader`);
  return {
    kind: "kernel",
    run(handles, context) {
      const tensors = handles.every((handle) => handle === null || handle instanceof GpuTensor);
      const inputs = handles as (GpuTensor | null)[];
      const fits = tensors && (op === "Shape" || inputs[op === "Where" ? 1 : 0]?.elem === "float32");
      if (fits && lines) {
        const done = lines(inputs, context);
        if (done) return done;
      } else if (fits) {
        const outputs = recorder!(inputs, node, stream);
        if (outputs) return { outputs, ...(ops[op].valueSums && { undecidedSums: ownSums }) };
      }
      // Integers and the like are on the host anyway.
      const bounces = inputs.some((t) => t instanceof GpuTensor && t.onHostNow() === null);
      const note = bounces ? `the host: ${op} has no shader for these inputs` : undefined;
      return onHost(request, handles, stream, context, note);
    },
  };
}

/** A node as the reference computes it, on values that come back to the host for it. */
export async function onHost(
  request: KernelRequest,
  inputs: readonly (Handle | null)[],
  stream: Stream,
  { salt }: KernelContext,
  substitution?: string,
): Promise<KernelResult> {
  const kernel = reference.kernelFor(request) as Kernel;
  const values = await Promise.all(
    inputs.map(async (handle) =>
      handle instanceof GpuTensor ? handle.download(stream) : (handle as RuntimeValue | null),
    ),
  );
  const handles = values.map((value) => value && reference.upload(value));
  const { outputs, ...rest } = await kernel.run(handles, { salt, memo: null });
  return {
    ...rest,
    outputs: outputs.map((output) => {
      const value = output as RuntimeValue;
      return isTensor(value) ? GpuTensor.onHost(inStorage(value)) : value;
    }),
    ...(substitution !== undefined && { substitution }),
  };
}
