// What a data file is, by its first bytes; its name counts only for .pb, since a TensorProto has no magic bytes.
import { defaultDataLimits, type DataArray, type DataLimits } from "./array.js";
import { InputError } from "./errors.js";
import { gunzip, isGzip } from "./gzip.js";
import { isIdx, parseIdx } from "./idx.js";
import { npyMagic, parseNpy } from "./npy.js";
import { parseNpz } from "./npz.js";
import { parseTensorProto } from "./tensor-proto.js";

/** A file by name, wherever it came from. */
export interface DataFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type Recognized =
  | { readonly kind: "archive"; readonly arrays: ReadonlyMap<string, DataArray> }
  | { readonly kind: "array"; readonly format: "npy" | "idx" | "tensor-proto"; readonly array: DataArray };

/** What the message says wherever a file is none of these. */
export const supportedFormats =
  "give .npz, .npy, ONNX TensorProto (.pb) or MNIST-style idx files; each may be gzipped";

/** Files that people hand over by mistake: where the bytes lie, what has them, what to do. */
const others: readonly (readonly [at: number, bytes: string, what: string, next?: string])[] = [
  [0, "\x89PNG", "a PNG image", "load the images in Python and save them as one array with np.save"],
  [0, "\xff\xd8\xff", "a JPEG image", "load the images in Python and save them as one array with np.save"],
  [0, "GIF8", "a GIF image", "load the images in Python and save them as one array with np.save"],
  [8, "WEBP", "a WebP image", "load the images in Python and save them as one array with np.save"],
  [8, "WAVE", "a WAVE sound", "load the sounds in Python and save them as one array with np.save"],
  [0, "%PDF", "a PDF document"],
  [0, "\x89HDF", "an HDF5 file", "load it in Python and save the array with np.save"],
  [0, "MATLAB 5.0", "a MATLAB file", "load it with scipy.io.loadmat and save the array with np.save"],
  [0, "PAR1", "a Parquet table", "load it in Python and save the columns as one array with np.save"],
  [0, "BZh", "a bzip2 file", "unpack it first"],
  [0, "\xfd7zXZ", "an xz file", "unpack it first"],
  [0, "\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it first"],
  [0, "7z\xbc\xaf", "a 7-Zip archive", "unpack it first"],
  [257, "ustar", "a tar archive", "unpack it first, then give the files or their folder"],
  [
    0,
    "version https://git-lfs",
    "a Git LFS pointer, not the file",
    "fetch the file itself, with `git lfs pull`",
  ],
];

/** Reads a file of any supported format. @throws InputError `unknown-format`, `bad-data`. */
export function recognize({ name, bytes }: DataFile, limits: DataLimits = defaultDataLimits): Recognized {
  if (isGzip(bytes)) {
    const inner = { name: name.replace(/\.gz$/i, ""), bytes: gunzip(bytes, name, limits) };
    if (!isGzip(inner.bytes)) return recognize(inner, limits);
    throw unknown(name, "This file is gzipped twice", "unpack it once, with gunzip");
  }
  const head = String.fromCharCode(...bytes.subarray(0, 512));
  if (head.startsWith(npyMagic)) return { kind: "array", format: "npy", array: parseNpy(bytes, name) };
  if (head.startsWith("PK\x03\x04") || head.startsWith("PK\x05\x06")) {
    return { kind: "archive", arrays: parseNpz(bytes, name, limits) };
  }
  if (isIdx(bytes)) return { kind: "array", format: "idx", array: parseIdx(bytes, name) };
  const other = describe(head, name);
  if (other) throw unknown(name, `This is ${other[0]}`, other[1]);
  if (/\.pb$/i.test(name)) {
    return { kind: "array", format: "tensor-proto", array: parseTensorProto(bytes, name) };
  }
  throw unknown(name, bytes.length === 0 ? "The file is empty" : "The format of this file is not known");
}

function describe(head: string, name: string): readonly [what: string, next?: string | undefined] | null {
  const code = (at: number): number => head.charCodeAt(at);
  const found = others.find(([at, magic]) => head.startsWith(magic, at));
  if (found) return [found[2], found[3]];
  // A model begins with its version, field 1, then most often the producer, field 2: so does no tensor.
  if (/\.onnx$/i.test(name) || (code(0) === 0x08 && code(1) <= 32 && code(2) === 0x12)) {
    return [
      "an ONNX model, not samples",
      `name the model first, then the samples with --data: ${supportedFormats}`,
    ];
  }
  if (/\.pb$/i.test(name)) return null;
  if (code(0) === 0x80 && code(1) >= 2 && code(1) <= 5) {
    return [
      "a Python pickle, which could run code when opened",
      "load it in Python and save the array with np.save",
    ];
  }
  if (head.startsWith('\0{"', 7)) {
    return ["a safetensors file", "load it in Python and save the array with np.save"];
  }
  const text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^<(!doctype|html|\?xml|svg)/i.test(text)) {
    return ["a web page or XML document", "download the file itself: a server may answer with an error page"];
  }
  const isText = [...text].every((c) => c >= " " || c === "\n" || c === "\r" || c === "\t");
  if (text !== "" && isText) {
    return [
      "text, such as CSV or JSON",
      'read it with np.loadtxt(file, delimiter=",") and save it with np.save',
    ];
  }
  return null;
}

function unknown(name: string, what: string, next = supportedFormats): InputError {
  return new InputError("unknown-format", {
    what,
    where: name,
    next: next === supportedFormats ? next : `${next}; or ${supportedFormats}`,
  });
}
