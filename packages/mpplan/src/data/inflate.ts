// Unpacking with nothing taken on trust: the stated size is believed only within limits, then checked with the CRC.
import { inflateSync } from "fflate";
import { crc32 } from "./crc32.js";
import { badData, type InputError } from "./errors.js";
import type { DataLimits } from "./array.js";

/** No deflate stream expands further: 258 bytes for two bits, and its own headers. */
const largestRatio = 1032;

export interface Packed {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly crc: number;
  readonly stored?: boolean;
}

/** Unpacks raw deflate data whose container states size and CRC. @throws InputError `bad-data`. */
export function inflate(
  { bytes, size, crc, stored = false }: Packed,
  where: string,
  limits: DataLimits,
): Uint8Array {
  if (size > limits.bytes) throw tooLarge(size, where, limits);
  if (stored ? size !== bytes.length : size > bytes.length * largestRatio) {
    throw badData(where, `${bytes.length} packed bytes cannot hold the ${size} that the file states`);
  }
  let out: Uint8Array;
  try {
    // One byte more than stated: a stream that is longer shows itself.
    out = stored ? bytes : inflateSync(bytes, { out: new Uint8Array(size + 1) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badData(
      where,
      `The packed data is broken: ${reason}`,
      "the file is damaged or cut short: fetch it again",
    );
  }
  if (out.length !== size || crc32(out) !== crc) {
    throw badData(
      where,
      "The packed data does not match its checksum",
      "the file is damaged: fetch it again",
    );
  }
  return out;
}

export function tooLarge(size: number, where: string, { bytes }: DataLimits): InputError {
  return badData(
    where,
    `Unpacked, the file would take ${size} bytes; at most ${bytes} are read`,
    "split the file",
  );
}
