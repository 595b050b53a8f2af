// The webgpu backend beside the cpu backend on one thread. By the wall clock, from the operands on the device to the result
// on the host.
import type { KernelBackend } from "@mpplan/runtime";
import { createWebGpuBackend } from "@mpplan/runtime-webgpu";
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { measure, speedRatio, type Contender, type Measured, type MeasureOptions } from "./harness.js";
import { binary16, e4m3, f32 } from "./modes.js";
import { uniform, type Workload } from "./workloads.js";

export interface GpuRatio {
  readonly what: string;
  readonly value: number;
  readonly of: Measured;
}

const emulated = [
  ["E4M3, blocks of 8", e4m3],
  ["binary16", binary16],
  ["binary16, fma", { ...binary16, product: "fma" }],
] as const;

/** Sums on this machine's adapter over the same sums on the cpu. On Linux VK_DRIVER_FILES says which adapter that is. */
export async function gpuRatios(
  w: Workload,
  cpu: KernelBackend,
  options: MeasureOptions,
): Promise<GpuRatio[]> {
  // Held until the end: a collected instance takes its devices along.
  const instance = await nodeGpu();
  if (!(await instance.requestAdapter())) {
    console.error("webgpu is not measured: there is no adapter (on Linux, see VK_DRIVER_FILES)");
    return [];
  }
  const gpu = await createWebGpuBackend({ gpu: instance });
  const { description, architecture, software, halves } = gpu.adapter;
  const adapter = `${description || architecture}${software ? ", software" : ""}`;
  const timed = (...pair: Contender[]): Promise<Measured[]> => measure(pair, { ...options, clock: "wall" });
  const found: GpuRatio[] = [];
  const [single, ...own] = await timed(
    uniform(cpu, "cpu", w, f32, { awaited: true }),
    uniform(gpu, "f32", w, f32, { semantics: "floor", awaited: true }),
    ...(halves ? [uniform(gpu, "f16", w, e4m3, { semantics: "floor", awaited: true })] : []),
  );
  for (const of of own) {
    found.push({
      what: `${adapter}: its own ${of.name} over the cpu's f32`,
      value: speedRatio(of, single!),
      of,
    });
  }
  for (const [name, accumulator] of emulated) {
    const [host, device, native] = await timed(
      uniform(cpu, name, w, accumulator, { awaited: true }),
      uniform(gpu, name, w, accumulator, { awaited: true }),
      uniform(gpu, "f32", w, f32, { semantics: "floor", awaited: true }),
    );
    const of = device!;
    found.push({ what: `${adapter}: ${name} over the cpu's`, value: speedRatio(of, host!), of });
    found.push({ what: `${adapter}: ${name} over its own f32`, value: speedRatio(of, native!), of });
  }
  gpu.dispose();
  return found;
}
