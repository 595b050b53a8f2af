// Samples: inputs to run a model on, with labels where they are known, and their split into disjoint parts.
import { seededRandom } from "@mpplan/formats";
import { IrError } from "./errors.js";
import type { ValueId } from "./graph.js";
import type { Tensor } from "./types.js";

/** What one run is fed, by the names of the graph's inputs. */
export type Sample = ReadonlyMap<ValueId, Tensor>;

/** Any number of samples, made when asked for: memory need not grow with their number. */
export interface Samples {
  readonly count: number;
  at(index: number): Sample;
  /** The class that is right for a sample, or null where no labels were given. */
  label(index: number): number | null;
  /** True where no data was given and random inputs stand in. */
  readonly random: boolean;
}

/** The samples of those indices, in that order. */
export function subset(samples: Samples, indices: readonly number[]): Samples {
  return {
    count: indices.length,
    random: samples.random,
    at: (i) => samples.at(indices[i]!),
    label: (i) => samples.label(indices[i]!),
  };
}

/** Shard `index` of `count`: every count-th sample. */
export function shard(samples: Samples, index: number, count: number): Samples {
  const indices = Array.from({ length: samples.count }, (_, i) => i).filter((i) => i % count === index);
  return subset(samples, indices);
}

export interface SplitOptions {
  readonly seed: number;
  /** Samples for build and tune together; default 512, or half of what there is (but 2 at least). */
  readonly calibrate?: number | undefined;
  /** Samples to evaluate on; default all the rest. */
  readonly evaluate?: number | undefined;
  /** True sets samples aside for a promise: all but those to evaluate, or half of the rest. */
  readonly guard?: boolean | undefined;
}

/**
 * Disjoint parts: build makes the profile, tune chooses and predicts, guard (empty unless asked for) tests a promise,
 * test is used for nothing else.
 */
export interface Split {
  readonly build: Samples;
  readonly tune: Samples;
  readonly guard: Samples;
  readonly test: Samples;
}

/**
 * Splits by a seeded permutation; a quarter of the calibration samples is for tuning.
 * @throws IrError `too-few-samples` where a part that must not be empty would be.
 */
export function split(samples: Samples, { seed, calibrate, evaluate, guard }: SplitOptions): Split {
  const n = samples.count;
  const wanted = calibrate ?? Math.min(512, Math.max(2, Math.floor(n / 2)));
  const rest = n - wanted;
  if (wanted < 2 || rest < 1 || (evaluate ?? 1) < 1 || (evaluate ?? 1) > rest) {
    throw new IrError("too-few-samples", {
      what: `${n} samples cannot give ${wanted} to calibrate and ${evaluate ?? "at least 1"} to evaluate`,
      where: "the split into build, tune and evaluation samples",
      next:
        n < 3
          ? "give at least 3 samples"
          : `give more samples, or ask for less with --samples and --evaluate`,
    });
  }
  const order = permutation(n, seed);
  const tune = Math.max(1, Math.floor(wanted / 4));
  const tested = evaluate ?? (guard ? Math.ceil(rest / 2) : rest);
  return {
    build: subset(samples, order.slice(0, wanted - tune)),
    tune: subset(samples, order.slice(wanted - tune, wanted)),
    guard: subset(samples, order.slice(wanted + tested, guard ? n : wanted + tested)),
    test: subset(samples, order.slice(wanted, wanted + tested)),
  };
}

/** Fisher and Yates, from a seed. */
export function permutation(n: number, seed: number): number[] {
  const random = seededRandom(seed);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(((random() + random() / 2 ** 24) / 2 ** 24) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
