// Histograms of log2|x|, eight bins an octave, with integer counts: they merge exactly.
import type { LogHistogram } from "@mpplan/ir";

const binsPerOctave = 8;
const word = new Float64Array(1);
const words = new Uint32Array(word.buffer);

export class LogCounter {
  private first = 0;
  private counts: number[] = [];
  private zeros = 0;
  private infinite = 0;
  private nan = 0;

  static from(h: LogHistogram): LogCounter {
    const counter = new LogCounter();
    Object.assign(counter, { ...h, counts: [...h.counts] });
    return counter;
  }

  /** Counts |x|. */
  add(x: number): void {
    const size = Math.abs(x);
    if (size === 0) this.zeros++;
    else if (size === Infinity) this.infinite++;
    else if (Number.isNaN(size)) this.nan++;
    else this.count(binOf(size), 1);
  }

  merge(other: LogHistogram): void {
    this.zeros += other.zeros;
    this.infinite += other.infinite;
    this.nan += other.nan;
    other.counts.forEach((count, i) => {
      if (count > 0) this.count(other.first + i, count);
    });
  }

  toJSON(): LogHistogram {
    const { first, counts, zeros, infinite, nan } = this;
    return { first, counts: [...counts], zeros, infinite, nan };
  }

  private count(bin: number, by: number): void {
    if (this.counts.length === 0) this.first = bin;
    while (bin < this.first) {
      this.counts.unshift(0);
      this.first--;
    }
    while (bin >= this.first + this.counts.length) this.counts.push(0);
    this.counts[bin - this.first]! += by;
  }
}

/** The bin of a positive double: its exponent and the three leading bits of its fraction. */
function binOf(x: number): number {
  word[0] = x;
  return (words[1]! >>> 17) - 1023 * binsPerOctave;
}
