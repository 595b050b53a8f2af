// Which backend computes, and what this device offers. A further backend gets its place in `wanted`.
import { openExecutor, probeFacts, probeWebGpu, type OwnedExecutor } from "mpplan";
import { browserWorkers, chooseThreads } from "@mpplan/runtime-cpu";
import type { DeviceView } from "../protocol.js";

/** In order of preference, by the names that the library knows. */
const wanted: readonly string[] = ["cpu"];

export function openBackend(): Promise<OwnedExecutor> {
  // A cut waits for one run at most.
  return openExecutor(wanted, { threads: "auto", pauseMilliseconds: 5 });
}

export async function deviceFacts(): Promise<DeviceView> {
  const { threads, reason } = chooseThreads("auto", browserWorkers());
  return {
    backend: wanted[0]!,
    threads,
    oneThread: reason,
    isolated: globalThis.crossOriginIsolated ?? false,
    simd: WebAssembly.validate(simdModule),
    cores: navigator.hardwareConcurrency,
    webgpu: await webgpuFact(),
  };
}

/** How the GPU of this device accumulates; it has shaders to compile, so that it takes a moment. */
export async function probeGpu(): Promise<readonly (readonly [string, string])[]> {
  return probeFacts(await probeWebGpu());
}

/** A function that returns i8x16.splat(0). */
const simdModule = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
]);

/** What is read of navigator.gpu, which TypeScript's DOM library does not have yet. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly features: ReadonlySet<string>;
    readonly info?: { readonly vendor: string; readonly architecture: string; readonly description: string };
  } | null>;
}

async function webgpuFact(): Promise<string> {
  const gpu = (navigator as { gpu?: Gpu }).gpu;
  if (!gpu) return "not in this browser";
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return "in this browser, but no adapter";
    const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
    const name = [...new Set([description, vendor, architecture])].filter(Boolean).join(", ") || "an adapter";
    return `${name}; shader-f16 ${adapter.features.has("shader-f16") ? "yes" : "no"}`;
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}
