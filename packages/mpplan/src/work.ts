// What every stage of the work is given: executor, seed, progress, a way to be cancelled.
import { CalibrationError, type Task } from "@mpplan/calibration";
import { sumSites, type Graph, type Profile } from "@mpplan/ir";
import type { PlanOptions } from "@mpplan/planner";
import type { Executor } from "@mpplan/runtime";
import { defaultExecutor, type ThreadOptions } from "./backends.js";
import { withPauses } from "./breathe.js";
import type { Precision } from "./settings.js";
import { highPrecisionSites, type SitePatterns } from "./site-patterns.js";
import { tool } from "./version.js";

/** What is reported while long work goes on. */
export type Stage = "calibrate" | "tune" | "evaluate";

export type Progress = (stage: Stage, done: number, total: number) => void;

export interface WorkOptions extends SitePatterns, ThreadOptions {
  /** Who computes; by default the cpu backend, on as many `threads` as are asked for. */
  readonly executor?: Executor | undefined;
  readonly seed?: number | undefined;
  readonly task?: Task | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const defaultSeed = 1;

export function resolveWork(options: WorkOptions): { seed: number; executor: Executor } {
  return {
    seed: options.seed ?? defaultSeed,
    executor: withPauses(options.executor ?? defaultExecutor(options).executor),
  };
}

/** @throws CalibrationError `cancelled`: part of the work may be missing. */
export function throwIfCancelled(
  signal: AbortSignal | undefined,
  graph: Graph,
  progress?: { readonly done: number; readonly total: number },
): void {
  if (!signal?.aborted) return;
  throw new CalibrationError("cancelled", {
    what: progress ? `Cancelled after ${progress.done} of ${progress.total} samples` : "Cancelled",
    where: `the work on "${graph.name}"`,
    next: "run it again; nothing was written",
  });
}

/** The options of one stage of the work. */
export function stage(name: Stage, options: WorkOptions) {
  const { onProgress, signal, task } = options;
  return {
    executor: resolveWork(options).executor,
    task,
    ...(onProgress && { onProgress: (done: number, total: number) => onProgress(name, done, total) }),
    ...(signal && { signal }),
  };
}

export function planOptionsOf(profile: Profile, precision: Precision, options: WorkOptions): PlanOptions {
  const { accumulators, costs, preset } = precision;
  const forceHigh = highPrecisionSites(
    profile.sites.map((site) => site.site),
    options,
  );
  return { accumulators, costs, preset, seed: options.seed ?? defaultSeed, tool, forceHigh };
}

/** The names that --include and --exclude speak of. */
export function siteNames(graph: Graph): string[] {
  return sumSites(graph).map((site) => site.id);
}
