// What a GPU was seen to do, as lines for people.
import type { DeviceOptions, DeviceProbe } from "@mpplan/runtime-webgpu";

export type { DeviceProbe };

/**
 * Asks the device how it accumulates.
 * @throws WebGpuError `no-webgpu`, `no-adapter`, `no-device`
 */
export async function probeWebGpu(options: DeviceOptions = {}): Promise<DeviceProbe> {
  const runtime = await import("@mpplan/runtime-webgpu");
  return runtime.probeWebGpu(options);
}

const said = (fact: boolean | null): string => (fact === null ? "not offered" : fact ? "yes" : "no");

/** Facts and what was seen, in the order in which they are read. */
export function probeFacts(found: DeviceProbe): [fact: string, seen: string][] {
  const { vendor, architecture, description } = found.adapter;
  return [
    ["adapter", [vendor, architecture, description].filter((part) => part !== "").join(", ")],
    ["x y + z rounded once", said(found.contracts)],
    ["fma(x, y, z) rounded once", said(found.fusesFma)],
    ["subnormal products flushed", said(found.flushesProducts)],
    ["subnormal sums flushed", said(found.flushesSums)],
    ["binary16 rounded every step", said(found.roundsHalves)],
    ["emulated sums exact", found.inexact ?? "yes"],
    ["fingerprint", found.fingerprint],
  ];
}
