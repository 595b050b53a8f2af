// The suite of the testkit on both adapters: emulated sums are the reference's bits.
import { kernelSuite, type Gap } from "@mpplan/testkit";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, test } from "vitest";
import { createWebGpuBackend } from "./backend.js";

const gaps: readonly Gap[] = [
  { of: "aligned", because: "an exact sum of aligned products takes 64-bit integers" },
  { of: "toward-zero", because: "directed rounding has no shader yet" },
  { of: "stochastic", because: "stochastic rounding has no shader yet" },
  { of: "binary64", because: "a GPU has no binary64" },
  { of: "kappa-full", because: "the test needs a second sum and a product in binary64" },
  { of: "softmax", because: "the test sums exponentials in binary64" },
];

/** In binary32 places: what is one rounding is exact, what cancels or takes WGSL's functions is not. */
const allow = (op: string): number =>
  ({
    AveragePool: 32,
    BatchNormalization: 64,
    Div: 3,
    Exp: 16,
    GlobalAveragePool: 32,
    HardSigmoid: 2,
    Pow: 2,
    ReduceMean: 8,
    Sigmoid: 8,
    Softmax: 16,
    Sqrt: 2,
    Tanh: 256,
  })[op] ?? 0;

for (const { name, missing, gpu } of testAdapters()) {
  if (missing) test.skip(`${name}: skipped: ${missing}`, () => undefined);
  else describe(name, () => kernelSuite(() => createWebGpuBackend({ gpu: gpu() }), { gaps, allow }));
}
