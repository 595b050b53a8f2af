// The inner loop of every backward product, written for speed: rows of a matrix added up, zeros left out.

/** The entries of a row that are not 0: `columns[i]` says where, `factors[i]` what, for i < count. */
export class LiveRow {
  readonly columns: Int32Array;
  readonly factors: Float64Array;
  count = 0;

  constructor(length: number) {
    this.columns = new Int32Array(length);
    this.factors = new Float64Array(length);
  }

  /** Reads entries `stride` apart. Dead activations leave most rows half empty. */
  load(data: Float64Array, from: number, length: number, stride = 1): this {
    this.count = 0;
    for (let n = 0; n < length; n++) {
      const x = data[from + n * stride]!;
      if (x === 0) continue;
      this.columns[this.count] = n;
      this.factors[this.count++] = x;
    }
    return this;
  }
}

/**
 * out[k] += sum_i factors[i] matrix[columns[i], k] for k < length. Four rows of the matrix at a time, so that `out` is
 * loaded and stored a quarter as often. The order of the sum depends on the live row alone.
 */
export function addRows(
  out: Float64Array,
  outFrom: number,
  { columns, factors, count }: LiveRow,
  matrix: Float64Array,
  matrixFrom: number,
  length: number,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const g0 = factors[i]!;
    const g1 = factors[i + 1]!;
    const g2 = factors[i + 2]!;
    const g3 = factors[i + 3]!;
    const b0 = matrixFrom + columns[i]! * length;
    const b1 = matrixFrom + columns[i + 1]! * length;
    const b2 = matrixFrom + columns[i + 2]! * length;
    const b3 = matrixFrom + columns[i + 3]! * length;
    for (let k = 0; k < length; k++) {
      out[outFrom + k]! +=
        g0 * matrix[b0 + k]! + g1 * matrix[b1 + k]! + g2 * matrix[b2 + k]! + g3 * matrix[b3 + k]!;
    }
  }
  for (; i < count; i++) {
    const g = factors[i]!;
    const from = matrixFrom + columns[i]! * length;
    for (let k = 0; k < length; k++) out[outFrom + k]! += g * matrix[from + k]!;
  }
}

/** out[m, k] += sum_n g[m, n] matrix[n, k], all row-major. */
export function addProduct(
  out: Float64Array,
  outFrom: number,
  g: Float64Array,
  gFrom: number,
  matrix: Float64Array,
  matrixFrom: number,
  [rows, columns, length]: readonly [m: number, n: number, k: number],
): void {
  const live = new LiveRow(columns);
  for (let m = 0; m < rows; m++) {
    live.load(g, gFrom + m * columns, columns);
    addRows(out, outFrom + m * length, live, matrix, matrixFrom, length);
  }
}

/** A row-major matrix [rows, columns] that starts at `from`, turned to [columns, rows]. */
export function transposed(data: Float64Array, from: number, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = data[from + r * columns + c]!;
  }
  return result;
}
