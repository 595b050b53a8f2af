// The entries of a zip archive, by its central directory. fflate's own reader believes every size that it is told.
import { defaultDataLimits, type DataLimits } from "./array.js";
import { badData } from "./errors.js";
import { inflate, tooLarge } from "./inflate.js";

/** Unpacks all entries but folders, in the archive's order. @throws InputError `bad-data`. */
export function readZip(
  bytes: Uint8Array,
  where: string,
  limits: DataLimits = defaultDataLimits,
): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = (what: string): Error =>
    badData(where, what, "the file is damaged or cut short: fetch it again");
  const end = directoryEnd(view);
  if (end === null) throw broken("The zip archive has no directory at its end");
  const count = view.getUint16(end + 10, true);
  if (count > limits.entries)
    throw badData(where, `The archive has more than ${limits.entries} entries`, "split it");

  const entries = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50)
      throw broken("The archive's directory is broken");
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const crc = view.getUint32(at + 16, true);
    const packed = view.getUint32(at + 20, true);
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (name.endsWith("/")) continue;
    const entry = `${where}, entry ${JSON.stringify(name.slice(0, 80))}`;

    if (flags & 1) throw badData(entry, "The entry is encrypted", "write the archive without a password");
    if (method !== 0 && method !== 8) {
      throw badData(entry, `The entry is packed by method ${method}`, "write the archive with np.savez");
    }
    if (entries.has(name)) throw badData(entry, "The archive has this name twice");
    total += size;
    // 0xffffffff would point to a zip64 record: beyond the limits in any case.
    if (total > limits.bytes || size === 0xffffffff) throw tooLarge(total, where, limits);
    if (local + 30 > bytes.length || view.getUint32(local, true) !== 0x04034b50) {
      throw broken(`The entry ${JSON.stringify(name.slice(0, 80))} is not where the directory says`);
    }
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (start + packed > bytes.length) throw broken("The archive ends inside an entry");
    const body = bytes.subarray(start, start + packed);
    entries.set(name, inflate({ bytes: body, size, crc, stored: method === 0 }, entry, limits));
  }
  return entries;
}

/** The end-of-directory record: at the end of the file, but for a comment of at most 65,535 bytes. */
function directoryEnd(view: DataView): number | null {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 65535); at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  return null;
}
