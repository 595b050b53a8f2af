// Counts one neuron's components by the score of their low value, with the weighted errors of every rung: the
// curve on which thresholds are chosen. Exact, so that shards merge to the same bytes.
import { twoSumError } from "@mpplan/formats";
import { scoreBin, type ExactSum, type ScoreCurve } from "@mpplan/ir";
import { ExactAdder } from "./exact-sum.js";

/** Terms are rounded to binary32, so that sums of thousands are exact in one double and print short. */
const largestTerm = 2 ** 120;

export class ScoreCounter {
  private first = 0;
  private counts: number[] = [];
  /** Cells of bin after bin, `width` to a bin: measured of each rung, then smooth of each rung. */
  private sums: number[] = [];
  /** What did not fit into a cell's double. */
  private readonly rest = new Map<number, ExactAdder>();
  private readonly width: number;

  /** @param rungs the own rung and those above it */
  constructor(private readonly rungs: number) {
    this.width = 2 * rungs;
  }

  static from(curve: ScoreCurve, rungs: number): ScoreCounter {
    const counter = new ScoreCounter(rungs);
    counter.merge(curve);
    return counter;
  }

  /** Adds one component: weighted squared errors per rung, measured and smooth. */
  add(score: number, measured: ArrayLike<number>, smooth: ArrayLike<number>): void {
    // NaN is recomputed whatever the threshold: it belongs to the top.
    const row = this.place(scoreBin(Number.isNaN(score) ? Infinity : score));
    this.counts[row]!++;
    for (let q = 0; q < this.rungs; q++) {
      this.addTo(row * this.width + q, term(measured[q]!));
      this.addTo(row * this.width + this.rungs + q, term(smooth[q]!));
    }
  }

  merge(curve: ScoreCurve): void {
    curve.bins.forEach((bin, i) => {
      const row = this.place(bin);
      this.counts[row]! += curve.counts[i]!;
      for (let q = 0; q < this.rungs; q++) {
        for (const part of curve.measured[q]![i]!) this.addTo(row * this.width + q, part);
        for (const part of curve.smooth[q]![i]!) this.addTo(row * this.width + this.rungs + q, part);
      }
    });
  }

  toJSON(): ScoreCurve {
    const rows = this.counts.flatMap((count, row) => (count > 0 ? [row] : []));
    const column = (offset: number): ExactSum[] => rows.map((row) => this.exact(row * this.width + offset));
    const columns = (from: number): ExactSum[][] =>
      Array.from({ length: this.rungs }, (_, q) => column(from + q));
    return {
      bins: rows.map((row) => row + this.first),
      counts: rows.map((row) => this.counts[row]!),
      measured: columns(0),
      smooth: columns(this.rungs),
    };
  }

  private place(bin: number): number {
    if (this.counts.length === 0) this.first = bin;
    if (bin < this.first) this.growDown(this.first - bin);
    while (bin >= this.first + this.counts.length) {
      this.counts.push(0);
      for (let i = 0; i < this.width; i++) this.sums.push(0);
    }
    return bin - this.first;
  }

  private growDown(by: number): void {
    this.counts = [...new Array<number>(by).fill(0), ...this.counts];
    this.sums = [...new Array<number>(by * this.width).fill(0), ...this.sums];
    this.first -= by;
    const moved = [...this.rest].map(([cell, adder]) => [cell + by * this.width, adder] as const);
    this.rest.clear();
    for (const [cell, adder] of moved) this.rest.set(cell, adder);
  }

  private addTo(cell: number, x: number): void {
    if (x === 0) return;
    const before = this.sums[cell]!;
    const sum = before + x;
    this.sums[cell] = sum;
    const error = twoSumError(before, x, sum);
    if (error === 0) return;
    let adder = this.rest.get(cell);
    if (!adder) this.rest.set(cell, (adder = new ExactAdder()));
    adder.add(error);
  }

  private exact(cell: number): ExactSum {
    const rest = this.rest.get(cell);
    const sum = this.sums[cell]!;
    if (!rest) return sum === 0 ? [] : [sum];
    const all = new ExactAdder(rest.expansion());
    all.add(sum);
    return all.expansion();
  }
}

/** Zero for what is too large to mean anything: such components clip or overflow, and are forced high. */
function term(x: number): number {
  return x <= largestTerm ? Math.fround(x) : 0;
}
