// How an import gets at files beside the model, and what it keeps of them while it lasts. What the public types say is
// here, apart from what they are read by.
import type { ByteDigest, Tensor } from "@mpplan/ir";

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
