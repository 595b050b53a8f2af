// An array as a file holds it, and the steps from bytes to numbers that all formats share.
import { allocate, type ElementType, type NumericData, type Tensor } from "@mpplan/ir";
import { badData } from "./errors.js";

export interface DataArray {
  readonly tensor: Tensor;
  /** The type that the file names, such as `float16`: the tensor may be wider, as the IR has no such type. */
  readonly stored: string;
  /** The name that the file itself gives the array, or null. */
  readonly name: string | null;
}

/** How much a file may hold. The limits keep a small hostile file from taking all memory. */
export interface DataLimits {
  /** Bytes after unpacking, all arrays of a file together. */
  readonly bytes: number;
  /** Arrays in one archive. */
  readonly entries: number;
}

export const defaultDataLimits: DataLimits = Object.freeze({ bytes: 2 ** 32, entries: 4096 });

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes at any offset to numbers of the element type: always a copy. `bytes` is a whole number of elements. */
export function numbersFrom(bytes: Uint8Array, elem: ElementType, littleEndian: boolean): NumericData {
  const data = allocate(elem, bytes.length / allocate(elem, 0).BYTES_PER_ELEMENT);
  new Uint8Array(data.buffer).set(bytes);
  if (littleEndian !== hostIsLittle) swapBytes(data);
  return data;
}

/** Numbers to little-endian bytes. */
export function bytesOf(data: NumericData): Uint8Array {
  const copy = data.slice();
  if (!hostIsLittle) swapBytes(copy);
  return new Uint8Array(copy.buffer);
}

/** The product of dims that a file states. @throws InputError `bad-data` where it is no safe number. */
export function elementCount(dims: readonly number[], where: string): number {
  // One by one: a 0 among them does not make the others sizes.
  let count = 1;
  for (const dim of dims) count *= Math.max(1, dim);
  if (!Number.isSafeInteger(count))
    throw badData(where, `An array of dims [${dims.join(", ")}] cannot exist`);
  return dims.includes(0) ? 0 : count;
}

function swapBytes(data: NumericData): void {
  const width = data.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let start = 0; start < bytes.length; start += width) {
    for (let a = start, b = start + width - 1; a < b; a++, b--) {
      const byte = bytes[a]!;
      bytes[a] = bytes[b]!;
      bytes[b] = byte;
    }
  }
}
