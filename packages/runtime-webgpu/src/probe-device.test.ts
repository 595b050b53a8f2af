// What is known of the two adapters, and that asking twice gives one answer.
import { testAdapters } from "@mpplan/testkit/node";
import { expect, test } from "vitest";
import { probeWebGpu } from "./probe-device.js";

/** As seen on SwiftShader 5.0 and on lavapipe of Mesa 25.0.7. */
const known = {
  swiftshader: {
    flushesProducts: true,
    flushesSums: true,
    contracts: false,
    fusesFma: false,
    roundsHalves: null,
  },
  lavapipe: {
    flushesProducts: false,
    flushesSums: false,
    contracts: false,
    fusesFma: false,
    roundsHalves: true,
  },
} as const;

for (const { name, missing, gpu } of testAdapters()) {
  test.skipIf(missing !== null)(
    `${name}${missing ? `: skipped: ${missing}` : " says how it accumulates"}`,
    async () => {
      const probe = await probeWebGpu({ gpu: gpu() });
      expect(probe).toMatchObject({ ...known[name], inexact: null });
      expect((await probeWebGpu({ gpu: gpu() })).fingerprint).toBe(probe.fingerprint);
    },
  );
}
