// The measures: relative Frobenius error, of centred logits for classifiers, and flips.
import type { Tensor, ValueId } from "@mpplan/ir";

/** `classifier`: outputs are rows of logits. `values`: outputs are numbers of any meaning. */
export type Task = "classifier" | "values";

/** The measures of one run of outputs against the exact reference, summed over samples. */
export class ErrorMeter {
  private difference = 0;
  private size = 0;
  private rows = 0;
  private flipped = 0;
  private right = 0;
  private labelled = 0;

  constructor(private readonly task: Task) {}

  add(
    outputs: ReadonlyMap<ValueId, Tensor>,
    reference: ReadonlyMap<ValueId, Tensor>,
    label: number | null,
  ): void {
    for (const [id, exact] of reference) {
      const got = outputs.get(id)!;
      if (this.task === "classifier")
        this.addLogits(numbers(got), numbers(exact), exact.dims.at(-1) ?? 1, label);
      else this.addValues(numbers(got), numbers(exact));
    }
  }

  /** sqrt(sum |y - y_ref|^2 / sum |y_ref|^2) over all samples; null where it is not a finite number. */
  get error(): number | null {
    const error = this.difference === 0 ? 0 : Math.sqrt(this.difference / this.size);
    return Number.isFinite(error) ? error : null;
  }

  /** Rows whose argmax differs from the reference's. */
  get flips(): number | null {
    return this.task === "classifier" ? this.flipped : null;
  }

  get accuracy(): number | null {
    return this.labelled === 0 ? null : this.right / this.labelled;
  }

  get count(): number {
    return this.rows;
  }

  private addValues(y: ArrayLike<number>, exact: ArrayLike<number>): void {
    for (let i = 0; i < exact.length; i++) {
      this.difference += (y[i]! - exact[i]!) ** 2;
      this.size += exact[i]! ** 2;
    }
  }

  private addLogits(
    y: ArrayLike<number>,
    exact: ArrayLike<number>,
    classes: number,
    label: number | null,
  ): void {
    for (let from = 0; from < exact.length; from += classes) {
      const a = row(y, from, classes);
      const b = row(exact, from, classes);
      this.addValues(centred(a), centred(b));
      this.rows++;
      const decided = argmax(a);
      // A row with a NaN decides nothing, which is not what the reference decided.
      if (decided !== argmax(b)) this.flipped++;
      if (label === null) continue;
      this.labelled++;
      if (decided === label) this.right++;
    }
  }
}

/** The task that a model's outputs look like: one output of rows of at least two numbers is a classifier's. */
export function guessTask(outputs: ReadonlyMap<ValueId, Tensor>): Task {
  const [only] = outputs.values();
  return outputs.size === 1 && only?.dims.length === 2 && only.dims[1]! >= 2 ? "classifier" : "values";
}

/** The index of the first largest entry, -1 where one is NaN. */
export function argmax(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 0; i < row.length; i++) {
    if (Number.isNaN(row[i])) return -1;
    if (row[i]! > row[best]!) best = i;
  }
  return best;
}

function numbers(t: Tensor): ArrayLike<number> {
  return typeof t.data[0] === "bigint"
    ? Array.from(t.data as BigInt64Array, Number)
    : (t.data as ArrayLike<number>);
}

function row(data: ArrayLike<number>, from: number, length: number): number[] {
  return Array.from({ length }, (_, i) => data[from + i]!);
}

function centred(row: readonly number[]): number[] {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  return row.map((x) => x - mean);
}
