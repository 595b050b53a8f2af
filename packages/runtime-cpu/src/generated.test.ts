// What is generated and committed is what its sources compile to.
import { expect, test } from "vitest";
import { compileKernels, moduleText } from "../build-wasm.mjs";
import { bundleWorker } from "../build-worker.mjs";
import { kernelsBase64 } from "./generated/kernels.js";
import { workerScript } from "./generated/worker.js";

test("src/generated/kernels.ts is up to date: otherwise run node build-wasm.mjs", async () => {
  const text = moduleText(await compileKernels());
  expect(text.includes(`"${kernelsBase64}"`)).toBe(true);
});

test("src/generated/worker.ts is up to date: otherwise run node build-worker.mjs", async () => {
  expect(workerScript).toBe(await bundleWorker());
});
