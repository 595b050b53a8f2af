// The inner loop of every backward product, written for speed: rows of a matrix added up, zeros left out.

/**
 * out[m, k] += sum_n g[m, n] matrix[n, k], all row-major. Four rows of the matrix at a time, so that a row of `out` is
 * loaded and stored a quarter as often; zeros of `g` (dead activations) are skipped. The order of a row's sum
 * depends on that row of `g` alone.
 */
export function addProduct(
  out: Float64Array,
  outFrom: number,
  g: Float64Array,
  gFrom: number,
  matrix: Float64Array,
  matrixFrom: number,
  [rows, columns, length]: readonly [m: number, n: number, k: number],
): void {
  const live = new Int32Array(columns);
  for (let m = 0; m < rows; m++) {
    const [gRow, row] = [gFrom + m * columns, outFrom + m * length];
    let count = 0;
    for (let n = 0; n < columns; n++) if (g[gRow + n] !== 0) live[count++] = n;
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const [n0, n1, n2, n3] = [live[i]!, live[i + 1]!, live[i + 2]!, live[i + 3]!];
      const [g0, g1, g2, g3] = [g[gRow + n0]!, g[gRow + n1]!, g[gRow + n2]!, g[gRow + n3]!];
      const b0 = matrixFrom + n0 * length;
      const b1 = matrixFrom + n1 * length;
      const b2 = matrixFrom + n2 * length;
      const b3 = matrixFrom + n3 * length;
      for (let k = 0; k < length; k++) {
        out[row + k]! +=
          g0 * matrix[b0 + k]! + g1 * matrix[b1 + k]! + g2 * matrix[b2 + k]! + g3 * matrix[b3 + k]!;
      }
    }
    for (; i < count; i++) {
      const gn = g[gRow + live[i]!]!;
      const from = matrixFrom + live[i]! * length;
      for (let k = 0; k < length; k++) out[row + k]! += gn * matrix[from + k]!;
    }
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
