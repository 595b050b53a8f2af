// Stacks of matrices: which matrix of an operand belongs to which product. Every backend numbers them alike.

/** The batch axes of a product of two stacks of matrices: an axis of size 1 takes the size of the other. */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}

/** From the index of a broadcast batch to the index of the matrix that an operand has for it. */
export function groupIndex(batch: readonly number[], dims: readonly number[]): (group: number) => number {
  return (group) => {
    let rest = group;
    let index = 0;
    let stride = 1;
    for (let i = 1; i <= batch.length; i++) {
      const size = batch[batch.length - i]!;
      const own = dims[dims.length - i] ?? 1;
      if (own !== 1) index += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    return index;
  };
}
