// What is counted for one neuron's value sums: how large they grow, and how much of what they add up cancels.
import type { ValueStatistics } from "@mpplan/ir";
import type { ValueMeasurement } from "@mpplan/runtime";
import { ExactAdder, mergeSums } from "./exact-sum.js";

/** Sums of 2^523 of these stay finite. */
const largest = 2 ** 500;

export class ValueCounter {
  private count = 0;
  private nonFinite = 0;
  private peak = 0;
  private readonly sum = new ExactAdder();
  private readonly magnitude = new ExactAdder();

  /** Adds sum `i`. */
  add({ sum, magnitude, peak }: ValueMeasurement, i: number): void {
    this.count++;
    // No |sum| or |partial sum| is larger. Written so that NaN is left out too.
    if (!(magnitude[i]! <= largest)) {
      this.nonFinite++;
      return;
    }
    this.peak = Math.max(this.peak, peak[i]!);
    this.sum.add(Math.abs(sum[i]!));
    this.magnitude.add(magnitude[i]!);
  }

  toJSON(): ValueStatistics {
    return {
      count: this.count,
      nonFinite: this.nonFinite,
      peak: this.peak,
      sum: this.sum.expansion(),
      magnitude: this.magnitude.expansion(),
    };
  }
}

/** The statistics of two disjoint sets of sums. */
export function mergeValues(a: ValueStatistics, b: ValueStatistics): ValueStatistics {
  return {
    count: a.count + b.count,
    nonFinite: a.nonFinite + b.nonFinite,
    peak: Math.max(a.peak, b.peak),
    sum: mergeSums(a.sum, b.sum),
    magnitude: mergeSums(a.magnitude, b.magnitude),
  };
}
