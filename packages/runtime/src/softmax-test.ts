// The softmax test: which components of a row of logits are computed again. One code for all backends, so that the
// exponentials are the same numbers everywhere.
import { exp } from "@mpplan/formats";

/** A test that looks at whole rows of the output's last axis. */
export interface SoftmaxTest {
  readonly tau: number;
  readonly scale: number;
}

/**
 * Marks in `again` the components to compute again, among those that `members` marks. `values` are all the first
 * values of a node's output, `last` the size of its last axis.
 *
 * An error d in logit i changes p by at most 2 p_i (1 - p_i) |d| in all (L1, first order), so that the components
 * with small w = p (1 - p) may err most freely. Keeping the smallest first keeps the most of them within tau, as
 * LAMP does for attention.
 */
export function chooseBySoftmax(
  { tau, scale }: SoftmaxTest,
  values: ArrayLike<number>,
  last: number,
  members: Uint8Array,
  again: Uint8Array,
): void {
  const weights = new Float64Array(last);
  for (let from = 0; from + last <= values.length && last > 0; from += last) {
    const own: number[] = [];
    for (let i = 0; i < last; i++) if (members[from + i] === 1) own.push(i);
    if (own.length === 0) continue;
    const known = softmaxWeights(values, from, scale, weights);
    own.sort((a, b) => weights[a]! - weights[b]! || a - b);
    let kept = 0;
    let sum = 0;
    while (known && kept < own.length && sum + weights[own[kept]!]! <= tau) sum += weights[own[kept++]!]!;
    for (const i of own.slice(kept)) again[from + i] = 1;
  }
}

/** w = p (1 - p) of a row; false where a p is NaN, as it is where a value is NaN or the largest is infinite. */
function softmaxWeights(
  values: ArrayLike<number>,
  from: number,
  scale: number,
  weights: Float64Array,
): boolean {
  let largest = -Infinity;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = scale * values[from + i]!;
    largest = Math.max(largest, weights[i]!);
  }
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] = exp(weights[i]! - largest);
  for (let i = 0; i < weights.length; i++) {
    const p = weights[i]! / sum;
    weights[i] = p * (1 - p);
  }
  return !Number.isNaN(sum);
}
