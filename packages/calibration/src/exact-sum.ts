// Exact sums of doubles: any order of the terms, any split into parts, gives the same bits.
import { twoSumError } from "@mpplan/formats";
import type { ExactSum } from "@mpplan/ir";

/**
 * Shewchuk's growing expansion (Adaptive Precision Floating-Point Arithmetic, 1997): a list of doubles that do
 * not overlap and whose sum is the exact sum of everything added. Terms must be finite and the sum below 2^1023.
 */
export class ExactAdder {
  private parts: number[];

  constructor(parts: ExactSum = []) {
    this.parts = [...parts].reverse();
  }

  add(x: number): void {
    if (!Number.isFinite(x)) throw new Error(`internal: ${x} has no place in an exact sum`);
    let carry = x;
    let kept = 0;
    for (const part of this.parts) {
      const sum = carry + part;
      const error = twoSumError(carry, part, sum);
      if (error !== 0) this.parts[kept++] = error;
      carry = sum;
    }
    this.parts.length = kept;
    if (carry !== 0) this.parts.push(carry);
  }

  addAll(parts: ExactSum): void {
    for (const part of parts) this.add(part);
  }

  /** The nearest double. */
  value(): number {
    return this.expansion()[0] ?? 0;
  }

  /**
   * The one greedy expansion of the sum: the nearest double, then the nearest to what is left, ... Equal sums
   * give equal lists, however they came about.
   */
  expansion(): ExactSum {
    const rest = new ExactAdder();
    rest.parts = [...this.parts];
    const result: number[] = [];
    while (rest.parts.length > 0) {
      const nearest = rest.nearest();
      result.push(nearest);
      rest.add(-nearest);
    }
    return result;
  }

  /** The parts added from the largest down, with the half-way case corrected as CPython's math.fsum does. */
  private nearest(): number {
    const { parts } = this;
    let i = parts.length - 1;
    let sum = parts[i]!;
    let error = 0;
    while (i > 0 && error === 0) {
      const part = parts[--i]!;
      const next = sum + part;
      error = part - (next - sum);
      sum = next;
    }
    // What is left decides a tie that round-to-even may have broken the wrong way.
    if (i > 0 && error !== 0 && error > 0 === parts[i - 1]! > 0) {
      const twice = error * 2;
      const next = sum + twice;
      if (twice === next - sum) sum = next;
    }
    return sum;
  }
}

/** The expansion of both sums together. */
export function mergeSums(a: ExactSum, b: ExactSum): ExactSum {
  const sum = new ExactAdder(a);
  sum.addAll(b);
  return sum.expansion();
}
