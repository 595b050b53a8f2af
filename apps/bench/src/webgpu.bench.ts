// The webgpu backend on every adapter that is here, beside the cpu backend on one thread. By the wall clock, from the
// operands on the device to the result on the host; all that one row compares takes turns.
import type { Accumulator } from "@mpplan/ir";
import type { KernelBackend } from "@mpplan/runtime";
import { createWebGpuBackend, type WebGpuBackend } from "@mpplan/runtime-webgpu";
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { testAdapters } from "@mpplan/testkit/node";
import { measure, speedRatio, type Contender, type Measured, type MeasureOptions } from "./harness.js";
import { binary16, e4m3, f32 } from "./modes.js";
import { conv3x3, matMul, uniform, type Workload } from "./workloads.js";

/** One way to sum on one adapter. */
export interface GpuRow {
  readonly adapter: string;
  readonly shape: string;
  readonly sums: string;
  /** Speed over the same sums of the cpu backend; of the device's own arithmetic, over the cpu's f32. */
  readonly overCpu: number;
  /** Over the device's own f32; null for that itself. */
  readonly overOwn: number | null;
  /** In tiles over one component per invocation; null where there are no tiles. */
  readonly overSingle: number | null;
}

interface Mode {
  readonly sums: string;
  readonly accumulator: Accumulator;
  readonly own: boolean;
  readonly tiled: boolean;
}

const modes: readonly Mode[] = [
  { sums: "its own f32", accumulator: f32, own: true, tiled: true },
  { sums: "its own f16", accumulator: e4m3, own: true, tiled: true },
  { sums: "E4M3, blocks of 8", accumulator: e4m3, own: false, tiled: true },
  { sums: "binary16", accumulator: binary16, own: false, tiled: true },
  { sums: "binary16, fma", accumulator: { ...binary16, product: "fma" }, own: false, tiled: false },
];

const workloads = (): Workload[] => [matMul(64, 784, 512), matMul(1, 4096, 4096), conv3x3(32, 28)];

/** Held until the end: a collected instance takes its devices along. */
const held: GPU[] = [];

/** Rows of all shapes on all adapters; a complaint on stderr where there is none. */
export async function gpuRows(cpu: KernelBackend, options: MeasureOptions): Promise<GpuRow[]> {
  const rows: GpuRow[] = [];
  for (const instance of await adapters()) {
    const gpu = await createWebGpuBackend({ gpu: instance });
    const single = await createWebGpuBackend({ gpu: instance, chooseTile: () => ({ rows: 1, columns: 1 }) });
    for (const w of workloads()) rows.push(...(await rowsOf(w, cpu, gpu, single, options)));
    gpu.dispose();
    single.dispose();
  }
  if (rows.length === 0)
    console.error("webgpu is not measured: there is no adapter (on Linux, see VK_DRIVER_FILES)");
  return rows;
}

/** The one that VK_DRIVER_FILES names; without it this machine's own, and the software that tests run on. */
async function adapters(): Promise<GPU[]> {
  const named = process.env["VK_DRIVER_FILES"] !== undefined;
  const software = named ? [] : testAdapters().filter(({ missing }) => missing === null);
  const found = new Map<string, GPU>();
  for (const open of [() => nodeGpu(), ...software.map(({ gpu }) => gpu)]) {
    const gpu = await open();
    held.push(gpu);
    // Asked at once: the driver is whichever the environment names by then, and opening the next one changes that.
    const adapter = await gpu.requestAdapter();
    if (adapter && !found.has(adapter.info.description)) found.set(adapter.info.description, gpu);
  }
  return [...found.values()];
}

async function rowsOf(
  w: Workload,
  cpu: KernelBackend,
  gpu: WebGpuBackend,
  single: WebGpuBackend,
  options: MeasureOptions,
): Promise<GpuRow[]> {
  const { description, architecture, software, halves } = gpu.adapter;
  const adapter = `${description || architecture}${software ? ", software" : ""}`;
  const mine = modes.filter(({ sums }) => halves || sums !== "its own f16");
  const on = (backend: KernelBackend, { sums, accumulator, own }: Mode): Contender =>
    uniform(backend, sums, w, accumulator, { awaited: true, ...(own && { semantics: "floor" }) });
  const hosted = (mode: Mode): Contender =>
    uniform(cpu, mode.sums, w, mode.own ? f32 : mode.accumulator, { awaited: true });
  const contenders = mine.flatMap((mode) => [
    hosted(mode),
    on(gpu, mode),
    ...(mode.tiled ? [on(single, mode)] : []),
  ]);
  const measured = await measure(contenders, { ...options, clock: "wall", warm: 1 });
  const next = (): Measured => measured.shift()!;
  let ownF32: Measured | null = null;
  return mine.map(({ sums, tiled }) => {
    const [host, device, apart] = [next(), next(), tiled ? next() : null];
    const overOwn = ownF32 && speedRatio(device, ownF32);
    ownF32 ??= device;
    const overSingle = apart && speedRatio(device, apart);
    return { adapter, shape: w.name, sums, overCpu: speedRatio(device, host), overOwn, overSingle };
  });
}
