// Elements whose bytes are no numbers yet: floats of 16 bits and fewer by their codes, integers of 4 and 2 bits
// several to a byte, the first in the lowest bits.
import { bitsOf, decodeNarrow, isNarrow, type ElementType, type NumericData } from "@mpplan/ir";

/** True for the element types that a file stores as codes. */
export function isPacked(elem: ElementType): boolean {
  return isNarrow(elem) || (elem !== "string" && elem !== "bool" && bitsOf(elem) < 8);
}

/** Bytes that `size` elements take in raw data. */
export function packedLength(elem: ElementType, size: number): number {
  return Math.ceil((size * bitsOf(elem)) / 8);
}

/** Fills `data`, storage of the element type, from `packedLength` bytes, which are little-endian; returns it. */
export function unpack(elem: ElementType, bytes: Uint8Array, data: NumericData): NumericData {
  const bits = bitsOf(elem);
  const number = numberOf(elem);
  const numbers = data as Float32Array;
  const mask = 2 ** bits - 1;
  for (let i = 0; i < data.length; i++) {
    const code =
      bits === 16
        ? bytes[2 * i]! | (bytes[2 * i + 1]! << 8)
        : (bytes[(i * bits) >> 3]! >> ((i * bits) & 7)) & mask;
    numbers[i] = number(code);
  }
  return data;
}

/** The way back, as tests need it. */
export function pack(elem: ElementType, codes: readonly number[]): Uint8Array {
  const bits = bitsOf(elem);
  const bytes = new Uint8Array(packedLength(elem, codes.length));
  codes.forEach((code, i) => {
    const at = i * bits;
    bytes[at >> 3]! |= code << (at & 7);
    if (bits === 16) bytes[(at >> 3) + 1]! |= code >> 8;
  });
  return bytes;
}

function numberOf(elem: ElementType): (code: number) => number {
  const bits = bitsOf(elem);
  if (isNarrow(elem)) {
    const table = (tables[elem] ??= Float32Array.from({ length: 2 ** bits }, (_, code) =>
      decodeNarrow(elem, code),
    ));
    return (code) => table[code]!;
  }
  const half = elem.startsWith("u") ? Infinity : 2 ** (bits - 1);
  return (code) => (code >= half ? code - 2 ** bits : code);
}

const tables: Partial<Record<ElementType, Float32Array>> = {};
