// The idx files of MNIST: two zero bytes, type, rank, the dims and the numbers, all big-endian.
import { allocate, type ElementType } from "@mpplan/ir";
import { elementCount, numbersFrom, type DataArray } from "./array.js";
import { badData } from "./errors.js";

const types: Readonly<Record<number, ElementType>> = {
  0x08: "uint8",
  0x09: "int8",
  0x0b: "int16",
  0x0c: "int32",
  0x0d: "float32",
  0x0e: "float64",
};

/** True for the first four bytes of an idx file. */
export function isIdx(bytes: Uint8Array): boolean {
  const rank = bytes[3] ?? 0;
  return bytes[0] === 0 && bytes[1] === 0 && types[bytes[2] ?? 0] !== undefined && rank >= 1 && rank <= 8;
}

/** Reads an idx file. @throws InputError `bad-data`. */
export function parseIdx(bytes: Uint8Array, name: string): DataArray {
  const elem = types[bytes[2]!]!;
  const start = 4 + 4 * bytes[3]!;
  const next = "the file is cut short: fetch it again";
  if (start > bytes.length) throw badData(name, "The file ends inside its idx header", next);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dims = Array.from({ length: bytes[3]! }, (_, axis) => view.getUint32(4 + 4 * axis));
  const needed = elementCount(dims, name) * allocate(elem, 0).BYTES_PER_ELEMENT;
  const given = bytes.length - start;
  if (given !== needed) {
    const what = `${elem}[${dims.join(", ")}] takes ${needed} bytes, but ${given} follow the header`;
    throw badData(name, what, given < needed ? next : undefined);
  }
  return {
    tensor: { elem, dims, data: numbersFrom(bytes.subarray(start), elem, false) },
    stored: elem,
    name: null,
  };
}
