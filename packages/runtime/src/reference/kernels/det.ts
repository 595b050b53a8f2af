import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const det: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const target = elementsOf(result.data);
  const n = x.dims.at(-1)!;
  for (let i = 0; i < target.length; i++) {
    const rows = Array.from({ length: n }, (_, row) =>
      Array.from(elementsOf(x.data).subarray((i * n + row) * n, (i * n + row + 1) * n)),
    );
    target[i] = determinant(rows);
  }
  return [result];
};

/** By Gaussian elimination, the largest of each column as the pivot; it overwrites the rows. */
function determinant(rows: number[][]): number {
  let product = 1;
  for (let k = 0; k < rows.length; k++) {
    let pivot = k;
    for (let i = k + 1; i < rows.length; i++) {
      if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    }
    if (rows[pivot]![k] === 0) return 0;
    if (pivot !== k) {
      [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
      product = -product;
    }
    product *= rows[k]![k]!;
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j < rows.length; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  return product;
}
