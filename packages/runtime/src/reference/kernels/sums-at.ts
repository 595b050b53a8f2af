// Sums of elements that lie scattered: those of one place are brought together, in their order, and then added up.
import type { Adder } from "../kernel.js";

/** Per place the sum of the terms that count there; each of the `count` places has equally many. */
export function sumsAt(
  terms: Float64Array,
  places: Int32Array,
  count: number,
  add: Adder,
  neuron = 0,
): Float64Array {
  const each = count === 0 ? 0 : terms.length / count;
  const gathered = new Float64Array(terms.length);
  const filled = new Int32Array(count);
  for (let i = 0; i < terms.length; i++) {
    const place = places[i]!;
    gathered[place * each + filled[place]!++] = terms[i]!;
  }
  return Float64Array.from(filled, (_, place) =>
    add(gathered.subarray(place * each, (place + 1) * each), each, neuron),
  );
}
