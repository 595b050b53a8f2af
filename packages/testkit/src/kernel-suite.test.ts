// The reference against itself; and what the suite must catch, it catches.
import { createReferenceBackend, type Kernel, type KernelBackend } from "@mpplan/runtime";
import type { Tensor } from "@mpplan/ir";
import { expect, test } from "vitest";
import { uniformCases } from "./cases.js";
import { checkSums } from "./kernel-checks.js";
import { kernelSuite } from "./kernel-suite.js";

kernelSuite(createReferenceBackend, { gaps: [] });

const [some] = uniformCases(1);
const reference = createReferenceBackend();

test("a gap that passes is told", async () => {
  const gaps = [{ of: some!.name, because: "of nothing" }];
  await expect(checkSums(reference, some!, gaps)).rejects.toThrow(/a gap that passes/);
});

test("a kernel that is missing, and not listed, is told", async () => {
  const lazy: KernelBackend = {
    ...reference,
    kernelFor: () => ({ kind: "unsupported", reason: "too much work" }),
  };
  await expect(checkSums(lazy, some!, [])).rejects.toThrow("an unlisted gap: too much work");
});

test("one wrong bit is told", async () => {
  const sloppy: KernelBackend = {
    ...reference,
    kernelFor(request) {
      const kernel = reference.kernelFor(request) as Kernel;
      return {
        kind: "kernel",
        async run(inputs, context) {
          const result = await kernel.run(inputs, context);
          const data = (result.outputs[0] as Tensor).data as Float64Array;
          data[data.length - 1] = data.at(-1)! + 2 ** -20;
          return result;
        },
      };
    },
  };
  await expect(checkSums(sloppy, some!, [])).rejects.toThrow(/expected/);
});
