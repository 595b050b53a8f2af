// Arrays to and from files, for tests.
import type { Tensor } from "@mpplan/ir";
import { parseNpy } from "../src/data/npy.js";
import { parseNpz, writeNpz } from "../src/data/npz.js";

export interface Floats {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

export function writeArrays(arrays: Readonly<Record<string, Floats>>): Uint8Array {
  const tensors = Object.entries(arrays).map(([name, { dims, data }]): [string, Tensor] => [
    name,
    { elem: data instanceof Float64Array ? "float64" : "float32", dims: [...dims], data },
  ]);
  return writeNpz(new Map(tensors));
}

export function readNpz(bytes: Uint8Array, name: string): Floats {
  return floats(parseNpz(bytes, "a test's array").get(name)!.tensor);
}

export function readNpy(bytes: Uint8Array): Floats {
  return floats(parseNpy(bytes, "a test's array").tensor);
}

function floats({ dims, data }: Tensor): Floats {
  if (data instanceof Float32Array || data instanceof Float64Array) return { dims, data };
  throw new Error("the array holds no floats");
}

/** |a - b| / |b| in the Frobenius norm. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}
