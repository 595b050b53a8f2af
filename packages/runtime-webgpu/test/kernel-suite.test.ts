// The suite of the testkit on both adapters in Node: emulated sums are the reference's bits.
import { kernelSuite } from "@mpplan/testkit";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, test } from "vitest";
import { createWebGpuBackend } from "../src/index.js";
import { suiteOptions } from "./suite-options.js";

for (const { name, missing, gpu } of testAdapters()) {
  if (missing) test.skip(`${name}: skipped: ${missing}`, () => undefined);
  else describe(name, () => kernelSuite(() => createWebGpuBackend({ gpu: gpu() }), suiteOptions));
}
