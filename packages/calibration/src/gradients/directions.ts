// Along which directions of the outputs the gradient is taken: every element in turn, or a few random ones.
import { seededRandom } from "@mpplan/formats";
import type { Tensor } from "@mpplan/ir";
import type { Task } from "../metrics.js";
import type { Room } from "./rule.js";

/** Outputs of a sample, all together, up to which one backward pass per element is affordable. */
export const exactLimit = 16;

/** Random directions beyond. */
export const randomDirections = 8;

/** Sums of squares over the passes, times `weight`, are squared norms, or in the random case have them as their mean. */
export interface Directions {
  readonly passes: number;
  readonly weight: number;
  /** The cotangents of the outputs in one pass, in the outputs' order; null for one that takes no part. */
  of(pass: number, room: Room): (Float64Array | null)[];
}

/**
 * The directions for `count` samples: where a sample's outputs have up to 16 elements, a 1 at one element of every
 * sample in turn. Beyond, 8 vectors r of signs per sample, for which E (r'S)^2 = ||S||^2. The signs are drawn from
 * the seed and the sample's own inputs: the same in any batch, different between samples, so that the error of the
 * estimate averages out over them. For a classifier every row is centred (less its mean), which is the transpose
 * of centring the logits.
 */
export function directionsFor(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  count: number,
  { task, seed }: { readonly task: Task; readonly seed: number },
): Directions {
  const sizes = outputs.map((t) => t.data.length / count);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const finish = (o: number, g: Float64Array): Float64Array => {
    if (task === "classifier") centreRows(g, rowLength(outputs[o]!, count));
    return g;
  };
  if (total <= exactLimit) {
    const elements = sizes.flatMap((size, o) =>
      Array.from({ length: size }, (_, element) => ({ o, element })),
    );
    return {
      passes: total,
      weight: 1,
      of: (pass, room) => {
        const { o: chosen, element } = elements[pass]!;
        return outputs.map((t, o) => {
          if (o !== chosen) return null;
          const g = room(t.data.length);
          for (let s = 0; s < count; s++) g[s * sizes[o]! + element] = 1;
          return finish(o, g);
        });
      },
    };
  }
  const signs = Array.from({ length: count }, (_, s) => {
    const random = seededRandom(digestOf(inputs, s, count, seed));
    return Int8Array.from({ length: total * randomDirections }, () => (random() & 0x800000 ? 1 : -1));
  });
  return {
    passes: randomDirections,
    weight: 1 / randomDirections,
    of: (pass, room) => {
      let from = pass * total;
      return outputs.map((t, o) => {
        const size = sizes[o]!;
        const g = room(t.data.length);
        for (let s = 0; s < count; s++) g.set(signs[s]!.subarray(from, from + size), s * size);
        from += size;
        return finish(o, g);
      });
    },
  };
}

/** The classes in a row of logits of one sample: its last axis. */
function rowLength({ dims }: Tensor, count: number): number {
  if (dims.length === 0) return 1;
  return dims.length === 1 ? dims[0]! / count : dims.at(-1)!;
}

function centreRows(g: Float64Array, length: number): void {
  for (let from = 0; from < g.length; from += length) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += g[from + i]!;
    for (let i = 0; i < length; i++) g[from + i]! -= sum / length;
  }
}

/** FNV-1a over the 32-bit halves of a sample's inputs as binary64, from the seed; the bits mixed at last (murmur3). */
function digestOf(inputs: readonly Tensor[], sample: number, count: number, seed: number): number {
  const number = new Float64Array(1);
  const halves = new Uint32Array(number.buffer);
  let hash = 0x811c9dc5 ^ seed;
  for (const { data } of inputs) {
    const size = data.length / count;
    for (let i = sample * size; i < (sample + 1) * size; i++) {
      number[0] = Number(data[i]);
      hash = Math.imul(hash ^ halves[0]!, 0x01000193);
      hash = Math.imul(hash ^ halves[1]!, 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
