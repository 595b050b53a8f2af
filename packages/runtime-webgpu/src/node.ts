// WebGPU in Node, from the optional package webgpu. Everything else of this package runs in browsers too.
import { WebGpuError } from "./errors.js";

/**
 * The GPU of this machine, for `createWebGpuBackend({ gpu: await nodeGpu() })`. `flags` go to Dawn, such as
 * `backend=vulkan`.
 *
 * @throws WebGpuError `no-webgpu` where the package is missing or does not load
 */
export async function nodeGpu(flags: readonly string[] = []): Promise<GPU> {
  // A name that bundlers leave alone: the package is there or it is not.
  const name = "webgpu";
  let dawn: { create(flags: readonly string[]): GPU };
  try {
    dawn = (await import(/* @vite-ignore */ name)) as typeof dawn;
  } catch (error) {
    throw new WebGpuError("no-webgpu", {
      what: `The package webgpu does not load: ${error instanceof Error ? error.message.split("\n")[0]! : String(error)}`,
      where: "WebGPU in Node",
      next: "npm install webgpu@0.6.2, or use the cpu backend",
    });
  }
  return dawn.create(flags);
}
