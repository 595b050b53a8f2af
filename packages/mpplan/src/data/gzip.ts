// gzip (RFC 1952), one member: what `gzip` and every data set's mirror write.
import { defaultDataLimits, type DataLimits } from "./array.js";
import { badData } from "./errors.js";
import { inflate } from "./inflate.js";

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Unpacks a gzip file. @throws InputError `bad-data`, also for files of several members. */
export function gunzip(bytes: Uint8Array, name: string, limits: DataLimits = defaultDataLimits): Uint8Array {
  const start = headerEnd(bytes);
  const trailer = bytes.length - 8;
  if (start === null || start > trailer) {
    throw badData(name, "The gzip file ends too early", "the file is cut short: fetch it again");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [crc, size] = [view.getUint32(trailer, true), view.getUint32(trailer + 4, true)];
  return inflate({ bytes: bytes.subarray(start, trailer), size, crc }, name, limits);
}

/** Where the packed data begins, or null where the header does not end. */
function headerEnd(bytes: Uint8Array): number | null {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  // The file's name, then a comment, each up to a zero byte.
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return null;
    at = zero + 1;
  }
  return flags & 2 ? at + 2 : at;
}
