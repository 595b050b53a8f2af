// Writes ONNX models of a wanted size into a folder, piece by piece: a chain of square MatMuls, their weights in the
// file's raw_data, in its float_data, or in a file beside it.
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";

export type Storage = "raw_data" | "float_data" | "external";

export interface ModelFile {
  readonly path: string;
  /** Bytes of the model and of the file beside it. */
  readonly bytes: number;
}

/** Weights are side x side, so that one tensor takes 1 MB. */
const side = 500;
const tensorBytes = 4 * side * side;

/** A model of about `megabytes` MB, with a tensor for each. */
export function writeModel(folder: string, megabytes: number, storage: Storage): ModelFile {
  const name = `${storage}-${megabytes}`;
  const file = path.join(folder, `${name}.onnx`);
  const weights = [...Array(megabytes).keys()];
  const heads = weights.map((i) => tensorHead(i, storage, `${name}.bin`));
  const inline = storage === "external" ? 0 : tensorBytes;
  const parts = [
    ...weights.map((i) => field(1, matMul(i))),
    text(2, "chain"),
    field(11, valueInfo("v0")),
    field(12, valueInfo(`v${megabytes}`)),
  ];
  const tensors = heads.map((head) => Buffer.concat([lengthHead(5, head.length + inline), head]));
  const graphBytes = [...parts, ...tensors].reduce((sum, part) => sum + part.length, weights.length * inline);
  const start = Buffer.concat([
    varintField(1, 8),
    field(8, varintField(2, 17)),
    lengthHead(7, graphBytes),
    ...parts,
  ]);
  const out = openSync(file, "w");
  const beside = storage === "external" ? openSync(path.join(folder, `${name}.bin`), "w") : out;
  let bytes = writeSync(out, start);
  weights.forEach((i) => {
    bytes += writeSync(out, tensors[i]!);
    bytes += writeSync(beside, numbers(i));
  });
  closeSync(out);
  if (beside !== out) closeSync(beside);
  return { path: file, bytes };
}

function tensorHead(i: number, storage: Storage, besideName: string): Buffer {
  const common = [varintField(1, side), varintField(1, side), varintField(2, 1), text(8, `w${i}`)];
  if (storage === "external") {
    const entry = (key: string, value: string): Buffer =>
      field(13, Buffer.concat([text(1, key), text(2, value)]));
    const place = [entry("location", besideName), entry("offset", String(i * tensorBytes))];
    return Buffer.concat([...common, ...place, entry("length", String(tensorBytes)), varintField(14, 1)]);
  }
  return Buffer.concat([...common, lengthHead(storage === "raw_data" ? 9 : 4, tensorBytes)]);
}

/** No two tensors are alike, and the numbers are what weights are: small and of either sign. */
function numbers(i: number): Uint8Array {
  const values = Float32Array.from({ length: side * side }, (_, k) => Math.sin(i + k * 0.37) / side);
  return new Uint8Array(values.buffer);
}

function matMul(i: number): Buffer {
  return Buffer.concat([text(1, `v${i}`), text(1, `w${i}`), text(2, `v${i + 1}`), text(4, "MatMul")]);
}

function valueInfo(name: string): Buffer {
  const shape = Buffer.concat([field(1, text(2, "N")), field(1, varintField(1, side))]);
  return Buffer.concat([
    text(1, name),
    field(2, field(1, Buffer.concat([varintField(1, 1), field(2, shape)]))),
  ]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) out.push((value % 0x80) | 0x80);
  return Buffer.from([...out, value]);
}

const varintField = (number: number, value: number): Buffer =>
  Buffer.concat([varint(number * 8), varint(value)]);
const lengthHead = (number: number, length: number): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(length)]);
const field = (number: number, value: Buffer): Buffer =>
  Buffer.concat([lengthHead(number, value.length), value]);
const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));
