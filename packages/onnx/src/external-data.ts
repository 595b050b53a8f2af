// Tensors whose numbers lie in another file: which of its bytes are meant, and whether they are there. Reading the
// file, and checking for symbolic links, is left to the caller's function.
import { MpplanError } from "@mpplan/formats";
import { quote, type ByteDigest, type Tensor } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { checkExternalLocation } from "./external-location.js";
import type { TensorProto } from "./proto.js";

/** The files beside a model, read in parts: no file has to fit in memory whole. */
export interface ExternalFiles {
  /** Bytes of the file. */
  size(location: string): number;
  /** Bytes [offset, offset + length) of the file, in an array that is the importer's to keep. */
  read(location: string, offset: number, length: number): Uint8Array;
}

/**
 * How an import gets at files beside the model: in parts, or whole by one function. Locations have passed
 * `checkExternalLocation`; symbolic links are the caller's to see to.
 */
export type ExternalData = ExternalFiles | ((location: string) => Uint8Array);

/** Where the bytes of tensors come from, and how many there were so far. */
export interface ExternalReader {
  readonly files: ExternalFiles | undefined;
  /** True where tensors may be views of the model file's bytes, which then nobody changes. */
  readonly keepsFile: boolean;
  /** The model's digest, which covers every part that is read. */
  readonly digest: ByteDigest | null;
  /** What has been read: tensors that share their bytes in the file share them in memory. */
  readonly parts: Map<string, Uint8Array>;
  /** Bytes read of each file. */
  readonly taken: Map<string, number>;
  /** Tensors by their lists of dims, which the copies of a message share: a function's constants are held once. */
  readonly known: WeakMap<object, Tensor>;
  /** Bytes of all tensors up to now. */
  weightBytes: number;
}

export function externalReader(
  source: ExternalData | undefined,
  digest: ByteDigest | null = null,
  keepsFile = false,
): ExternalReader {
  const files = typeof source === "function" ? wholeFiles(source) : source;
  return {
    files,
    keepsFile,
    digest,
    parts: new Map(),
    taken: new Map(),
    known: new WeakMap(),
    weightBytes: 0,
  };
}

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

/** A function that reads whole files, each asked for once; its arrays stay the caller's, so parts are copies. */
function wholeFiles(read: (location: string) => Uint8Array): ExternalFiles {
  const files = new Map<string, Uint8Array>();
  const open = (location: string): Uint8Array => {
    let file = files.get(location);
    if (!file) {
      file = read(location);
      if (!(file instanceof Uint8Array)) throw new TypeError("the function did not yield bytes");
      files.set(location, file);
    }
    return file;
  };
  return {
    size: (location) => open(location).length,
    // A plain array: the slice of a Buffer would share its memory, and be aligned to nothing.
    read: (location, offset, length) => new Uint8Array(open(location).subarray(offset, offset + length)),
  };
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
