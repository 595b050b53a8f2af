// Runs in a page: the checks of the kernel suite on the backend that `navigator.gpu` gives, one at a time, by number.
import { kernelChecks } from "@mpplan/testkit/checks";
import { createWebGpuBackend, type WebGpuBackend } from "../src/index.js";
import { suiteOptions } from "./suite-options.js";

/** What the test calls: Playwright hands over what is plain data. */
export interface SuitePage {
  readonly adapter: WebGpuBackend["adapter"];
  readonly inexact: string | null;
  readonly names: readonly string[];
  /** Why the check fails; null where it passes. */
  run(index: number): Promise<string | null>;
}

async function open(): Promise<SuitePage> {
  const backend = await createWebGpuBackend();
  const checks = kernelChecks(suiteOptions);
  return {
    adapter: backend.adapter,
    inexact: backend.inexact,
    names: checks.map(({ name }) => name),
    run: (index) =>
      checks[index]!.run(backend).then(
        () => null,
        (error: unknown) => String(error),
      ),
  };
}

Object.assign(globalThis, { suite: open() });
