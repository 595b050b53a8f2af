// Tensors whose numbers lie in another file: which of its bytes are meant, and whether they are there. Reading the
// file, and checking for symbolic links, is left to the caller's function.
import { MpplanError } from "@mpplan/formats";
import { quote } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { checkExternalLocation } from "./external-location.js";
import { maxExternalTensors } from "./limits.js";
import type { TensorProto } from "./proto.js";

/** Reads files next to the model, each once, and remembers the parts used. */
export interface ExternalReader {
  /** The caller's function: the bytes of the file at a location that has passed `checkExternalLocation`. */
  readonly read: ((location: string) => Uint8Array) | undefined;
  readonly files: Map<string, Uint8Array>;
  /** What tensors were made from, in order: part of the model's digest. */
  readonly parts: Uint8Array[];
}

export function externalReader(read: ((location: string) => Uint8Array) | undefined): ExternalReader {
  return { read, files: new Map(), parts: [] };
}

/** The bytes of a tensor that is stored elsewhere: `byteLength` of them, as its dims need. */
export function readExternal(
  proto: TensorProto,
  byteLength: number,
  where: string,
  external: ExternalReader,
): Uint8Array {
  const fail = (what: string, next = "export the model again, with its data files"): ImportError =>
    new ImportError("external-data", { what, where, next });
  const given = new Map<string, string>();
  for (const entry of proto.externalData ?? []) {
    const key = entry.key ?? "";
    if (given.has(key)) throw fail(`The external data has the key ${quote(key)} twice`);
    given.set(key, entry.value ?? "");
  }
  const location = given.get("location");
  if (location === undefined)
    throw fail("The tensor is stored in another file, but its location is not given");
  checkExternalLocation(location);
  const offset = readCount(given.get("offset") ?? "0");
  const length = readCount(given.get("length") ?? String(byteLength));
  if (offset === null) throw fail(`The offset ${quote(given.get("offset")!)} is no whole number of bytes`);
  if (length === null) throw fail(`The length ${quote(given.get("length")!)} is no whole number of bytes`);
  if (length !== byteLength)
    throw fail(`The tensor needs ${byteLength} bytes, but its external length is ${length}`);

  const file = openExternal(location, external, fail);
  if (offset + length > file.length) {
    throw fail(
      `Bytes ${offset} to ${offset + length} of ${quote(location)} are needed, but it has ${file.length}`,
    );
  }
  const part = file.subarray(offset, offset + length);
  if (external.parts.length >= maxExternalTensors) {
    throw fail(
      `More than ${maxExternalTensors} tensors are stored in other files`,
      "store small tensors in the model",
    );
  }
  external.parts.push(part);
  return part;
}

function openExternal(
  location: string,
  external: ExternalReader,
  fail: (what: string, next?: string) => ImportError,
): Uint8Array {
  const known = external.files.get(location);
  if (known) return known;
  if (!external.read) {
    throw fail(
      `The tensor is stored in another file, ${quote(location)}`,
      "give importOnnx an externalData function that reads it",
    );
  }
  let file: Uint8Array;
  try {
    file = external.read(location);
  } catch (error) {
    if (error instanceof MpplanError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw fail(
      `The file ${quote(location)} cannot be read: ${reason}`,
      "put the data file next to the model",
    );
  }
  if (!(file instanceof Uint8Array)) throw fail(`Reading ${quote(location)} did not yield bytes`);
  external.files.set(location, file);
  return file;
}

function readCount(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
