// The committed wasm module is what its sources compile to.
import { expect, test } from "vitest";
import { compileKernels, moduleText } from "../build-wasm.mjs";
import { kernelsBase64 } from "./generated/kernels.js";

test("src/generated/kernels.ts is up to date: otherwise run node build-wasm.mjs", async () => {
  const text = moduleText(await compileKernels());
  expect(text.includes(`"${kernelsBase64}"`)).toBe(true);
});
