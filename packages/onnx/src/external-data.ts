// Tensors whose numbers lie in another file: which of its bytes are meant, and whether they are there. Reading the
// file, and checking for symbolic links, is left to the caller's function.
import { MpplanError } from "@mpplan/formats";
import { quote } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { checkExternalLocation } from "./external-location.js";
import type { ExternalReader } from "./external-files.js";
import type { TensorProto } from "./proto.js";

/** The bytes of a tensor that is stored elsewhere: `byteLength` of them, as its dims need. Nobody changes them. */
export function readExternal(
  proto: TensorProto,
  byteLength: number,
  where: string,
  external: ExternalReader,
): Uint8Array {
  const fail = (what: string, next = "export the model again, with its data files"): ImportError =>
    new ImportError("external-data", { what, where, next });
  const { location, offset } = placeOf(proto, byteLength, where, fail);
  if (byteLength === 0) return new Uint8Array(0);
  // The name of a file may hold any character but this one.
  const key = `${offset}+${byteLength}\0${location}`;
  const known = external.parts.get(key);
  if (known) return known;
  const { files } = external;
  if (!files) {
    throw fail(
      `The tensor is stored in another file, ${quote(location)}`,
      "give importOnnx an externalData function that reads it",
    );
  }
  const size = reading(location, where, fail, () => files.size(location));
  if (offset + byteLength > size) {
    throw fail(
      `Bytes ${offset} to ${offset + byteLength} of ${quote(location)} are needed, but it has ${size}`,
    );
  }
  const taken = (external.taken.get(location) ?? 0) + byteLength;
  if (taken > size) {
    throw fail(
      `Its bytes in ${quote(location)} are partly those of other tensors: ${taken} of ${size} are used`,
    );
  }
  external.taken.set(location, taken);
  const part = reading(location, where, fail, () => files.read(location, offset, byteLength));
  if (!(part instanceof Uint8Array) || part.length !== byteLength) {
    throw fail(`Reading ${quote(location)} did not yield the ${byteLength} bytes asked for`);
  }
  external.digest?.add(part);
  external.parts.set(key, part);
  return part;
}

/** What the tensor's entries say: a safe location, and counts that fit its dims. */
function placeOf(
  proto: TensorProto,
  byteLength: number,
  where: string,
  fail: (what: string) => ImportError,
): { location: string; offset: number } {
  const given = new Map<string, string>();
  for (const entry of proto.externalData ?? []) {
    const key = entry.key ?? "";
    if (given.has(key)) throw fail(`The external data has the key ${quote(key)} twice`);
    given.set(key, entry.value ?? "");
  }
  const location = given.get("location");
  if (location === undefined)
    throw fail("The tensor is stored in another file, but its location is not given");
  checkExternalLocation(location, where);
  const offset = readCount(given.get("offset") ?? "0");
  const length = readCount(given.get("length") ?? String(byteLength));
  if (offset === null) throw fail(`The offset ${quote(given.get("offset")!)} is no whole number of bytes`);
  if (length === null) throw fail(`The length ${quote(given.get("length")!)} is no whole number of bytes`);
  if (length !== byteLength)
    throw fail(`The tensor needs ${byteLength} bytes, but its external length is ${length}`);
  return { location, offset };
}

/** Calls what reads a file; whatever goes wrong, the error tells of which tensor. */
function reading<T>(
  location: string,
  where: string,
  fail: (what: string, next: string) => ImportError,
  call: () => T,
): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof ImportError) throw error;
    if (error instanceof MpplanError) {
      throw new ImportError("external-data", {
        what: `The file ${quote(location)} cannot be read: ${error.what}`,
        where: `${where}, stored in ${error.where}`,
        next: error.next,
      });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw fail(
      `The file ${quote(location)} cannot be read: ${reason}`,
      "put the data file next to the model",
    );
  }
}

function readCount(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
