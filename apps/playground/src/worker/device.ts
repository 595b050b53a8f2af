// What this browser and device offer, and on demand how its GPU accumulates.
import { probeFacts, probeWebGpu } from "mpplan";
import { browserWorkers, chooseThreads } from "@mpplan/runtime-cpu";
import type { DeviceView, ErrorView, GpuView } from "../protocol.js";

/** All that there can be but one: a core is left to frames, and to the cuts that the knob asks for. */
export function ownThreads(): { threads: number; reason: string } {
  const { threads, reason } = chooseThreads("auto", browserWorkers());
  return { threads: Math.max(1, threads - 1), reason: reason ?? "one is left to the page" };
}

export async function deviceFacts(): Promise<DeviceView> {
  const { threads, reason } = ownThreads();
  return {
    threads,
    notMore: reason,
    isolated: globalThis.crossOriginIsolated ?? false,
    simd: WebAssembly.validate(simdModule),
    cores: navigator.hardwareConcurrency,
    gpu: await gpuFacts(),
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

/** The parts of an adapter's name that say anything, each once. */
export function adapterName(parts: readonly string[]): string {
  return [...new Set(parts)].filter(Boolean).join(", ") || "an adapter without a name";
}

/** Whether there is an adapter; nothing is opened for it. */
async function gpuFacts(): Promise<GpuView> {
  const { gpu } = navigator as { gpu?: GPU };
  if (!gpu) {
    return missing(
      "This browser has no WebGPU",
      "navigator.gpu",
      "use a browser with WebGPU, and open the page over https or from localhost",
    );
  }
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) {
      return missing(
        "WebGPU finds no adapter",
        "requestAdapter()",
        "update the GPU's driver, or allow WebGPU in the browser's settings, then reload the page",
      );
    }
    const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
    return {
      kind: "adapter",
      name: adapterName([description, vendor, architecture]),
      software: isFallbackAdapter,
      halves: adapter.features.has("shader-f16"),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return missing(
      `WebGPU gives no adapter: ${why}`,
      "requestAdapter()",
      "reload the page, or restart the browser",
    );
  }
}

function missing(what: string, where: string, next: string): GpuView {
  const problem: ErrorView = { what, where, next, cancelled: false };
  return { kind: "missing", problem };
}
