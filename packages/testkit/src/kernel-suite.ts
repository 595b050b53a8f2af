// The suite that every backend passes, as tests of vitest.
import type { KernelBackend } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { kernelChecks, type SuiteOptions } from "./kernel-checks.js";

export type { Gap, SuiteOptions } from "./kernel-checks.js";

type Open = () => KernelBackend | Promise<KernelBackend>;

/** Declares the suite's tests for a backend. `open` is called once. */
export function kernelSuite(open: Open, options: SuiteOptions): void {
  let backend: Promise<KernelBackend> | undefined;
  const opened = (): Promise<KernelBackend> => (backend ??= Promise.resolve(open()));
  const checks = kernelChecks(options);
  for (const group of new Set(checks.map((check) => check.group))) {
    describe(group, () => {
      for (const { name, run } of checks.filter((check) => check.group === group)) {
        test(name, async () => run(await opened()));
      }
    });
  }
  test("every gap is one", () => {
    const names = checks.map(({ name }) => name);
    expect(options.gaps.filter((gap) => !names.some((name) => name.includes(gap.of)))).toEqual([]);
  });
}
