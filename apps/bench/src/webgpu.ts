// The webgpu backend beside the cpu backend on one thread, for every adapter that is here. By the wall clock, from the
// operands on the device to the result on the host.
import type { KernelBackend } from "@mpplan/runtime";
import { createWebGpuBackend } from "@mpplan/runtime-webgpu";
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { testAdapters } from "@mpplan/testkit/node";
import { measure, speedRatio, type Measured, type MeasureOptions } from "./harness.js";
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

/** Sums on the GPU over the same sums on the cpu, adapter by adapter. */
export async function gpuRatios(
  w: Workload,
  cpu: KernelBackend,
  options: MeasureOptions,
): Promise<GpuRatio[]> {
  const found: GpuRatio[] = [];
  for (const open of await adapters()) {
    const gpu = await createWebGpuBackend({ gpu: await open() });
    const { description, architecture, software, halves } = gpu.adapter;
    const adapter = `${description || architecture}${software ? ", software" : ""}`;
    const base = uniform(cpu, "cpu", w, f32, { awaited: true });
    const native = [
      uniform(gpu, "f32", w, f32, { semantics: "floor", awaited: true }),
      ...(halves ? [uniform(gpu, "f16", w, e4m3, { semantics: "floor", awaited: true })] : []),
    ];
    const [single, ...own] = await measure([base, ...native], { ...options, clock: "wall" });
    for (const of of own) {
      found.push({
        what: `${adapter}: its own ${of.name} over the cpu's f32`,
        value: speedRatio(of, single!),
        of,
      });
    }
    for (const [name, accumulator] of emulated) {
      const pair = [cpu, gpu].map((backend) => uniform(backend, name, w, accumulator, { awaited: true }));
      const [host, device] = await measure(pair, { ...options, clock: "wall" });
      found.push({
        what: `${adapter}: ${name} over the cpu's`,
        value: speedRatio(device!, host!),
        of: device!,
      });
      const within = device!.macsPerSecond / own[0]!.macsPerSecond;
      found.push({ what: `${adapter}: ${name} over its own f32`, value: within, of: device! });
    }
    gpu.dispose();
  }
  return found;
}

/** The platform's own adapter, if it is one, and those that tests run on. */
async function adapters(): Promise<(() => Promise<GPU>)[]> {
  const own = await nodeGpu();
  const hardware = (await own.requestAdapter())?.info.isFallbackAdapter === false;
  const software = testAdapters().filter(({ missing }) => missing === null);
  return [
    ...(hardware ? [async () => own] : []),
    ...software.map(
      ({ gpu }) =>
        async () =>
          gpu(),
    ),
  ];
}
