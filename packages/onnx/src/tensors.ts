// TensorProto -> Tensor. Every byte is accounted for: a tensor with one too many or too few is refused.
import {
  quote,
  allocate,
  sizeOf,
  viewOf,
  type ElementType,
  type NumericData,
  type Tensor,
  type TensorData,
} from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { readExternal } from "./external-data.js";
import type { ExternalReader } from "./external-files.js";
import { maxRank, tooMuch, type ImportLimits } from "./limits.js";
import { isPacked, packedLength, unpack } from "./packed.js";
import { has, toBigInt, type ProtoInteger, type TensorProto } from "./proto.js";

/** The typed fields of TensorProto; `rawData` may hold any type but texts. */
type TypedField = "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data" | "stringData";

const typedFields: readonly TypedField[] = [
  "floatData",
  "doubleData",
  "int32Data",
  "int64Data",
  "uint64Data",
  "stringData",
];

/** TensorProto.DataType: the element types of the IR, and the names of those that it does not have. */
const dataTypes = new Map<number, { elem: ElementType; field: TypedField } | string>([
  [1, { elem: "float32", field: "floatData" }],
  [2, { elem: "uint8", field: "int32Data" }],
  [3, { elem: "int8", field: "int32Data" }],
  [4, { elem: "uint16", field: "int32Data" }],
  [5, { elem: "int16", field: "int32Data" }],
  [6, { elem: "int32", field: "int32Data" }],
  [7, { elem: "int64", field: "int64Data" }],
  [8, { elem: "string", field: "stringData" }],
  [9, { elem: "bool", field: "int32Data" }],
  [10, { elem: "float16", field: "int32Data" }],
  [11, { elem: "float64", field: "doubleData" }],
  [12, { elem: "uint32", field: "uint64Data" }],
  [13, { elem: "uint64", field: "uint64Data" }],
  [14, "complex64"],
  [15, "complex128"],
  [16, { elem: "bfloat16", field: "int32Data" }],
  [17, { elem: "float8e4m3fn", field: "int32Data" }],
  [18, { elem: "float8e4m3fnuz", field: "int32Data" }],
  [19, { elem: "float8e5m2", field: "int32Data" }],
  [20, { elem: "float8e5m2fnuz", field: "int32Data" }],
  [21, { elem: "uint4", field: "int32Data" }],
  [22, { elem: "int4", field: "int32Data" }],
  [23, { elem: "float4e2m1", field: "int32Data" }],
  [24, { elem: "float8e8m0", field: "int32Data" }],
  [25, { elem: "uint2", field: "int32Data" }],
  [26, { elem: "int2", field: "int32Data" }],
]);

/** The element type that a number of TensorProto.DataType stands for. @throws ImportError `unsupported-type`. */
export function elementType(dataType: number, where: string): ElementType {
  return lookUp(dataType, where).elem;
}

/**
 * Reads one tensor. Its numbers are the caller's own, or views of bytes that nobody changes: see `ExternalReader`.
 * @throws ImportError `invalid-tensor`, `unsupported-type`, `external-data`, `limit`.
 */
export function readTensor(
  proto: TensorProto,
  where: string,
  limits: ImportLimits,
  external: ExternalReader,
): Tensor {
  const known = proto.dims && external.known.get(proto.dims);
  if (known) return known;
  const made = newTensor(proto, where, limits, external);
  if (proto.dims) external.known.set(proto.dims, made);
  return made;
}

function newTensor(
  proto: TensorProto,
  where: string,
  limits: ImportLimits,
  external: ExternalReader,
): Tensor {
  const { elem, field } = lookUp(proto.dataType ?? 0, where);
  const dims = readDims(proto, where, limits);
  const size = sizeOf(dims);
  countBytes(external, heldLength(proto, elem, size), where, limits);
  if (proto.segment) throw invalidTensor("The tensor is stored in segments", where);
  const location = proto.dataLocation ?? 0;
  const filled = typedFields.filter((name) => has(proto, name));
  const raw = proto.rawData ?? new Uint8Array(0);
  if (Number(location) === 1) {
    if (filled.length > 0 || raw.length > 0) {
      throw invalidTensor("The tensor has data both in this file and in another", where);
    }
    if (elem === "string") throw invalidTensor("A string tensor is stored in another file", where);
    const bytes = readExternal(proto, byteLength(elem, size), where, external);
    return { elem, dims, data: fromBytes(elem, size, bytes, where, true) };
  }
  if (Number(location) !== 0) throw invalidTensor(`The tensor's data location is ${location}`, where);
  if (raw.length > 0) {
    if (filled.length > 0) throw invalidTensor(`The tensor has both raw data and ${filled[0]}`, where);
    return { elem, dims, data: fromBytes(elem, size, raw, where, external.keepsFile) };
  }
  const wrong = filled.find((name) => name !== field);
  if (wrong) throw invalidTensor(`A ${elem} tensor has its data in ${wrong}, not in ${field}`, where);
  if (elem === "string") return { elem, dims, data: fromTexts(proto.stringData ?? [], size, dims, where) };
  if (isPacked(elem)) {
    const codes = codeBytes(elem, proto.int32Data ?? [], where);
    return { elem, dims, data: fromBytes(elem, size, codes, where, false) };
  }
  return {
    elem,
    dims,
    data: fromNumbers(elem, size, (proto[field] ?? []) as ArrayLike<number | ProtoInteger>, dims, where),
  };
}

function lookUp(dataType: number, where: string): { elem: ElementType; field: TypedField } {
  const found = dataTypes.get(dataType);
  if (found === undefined) {
    throw new ImportError("unsupported-type", {
      what:
        dataType === 0 ? "The element type is left undefined" : `There is no element type number ${dataType}`,
      where,
      next: "export the model again, with an exporter for a published version of ONNX",
    });
  }
  if (typeof found === "string") {
    throw new ImportError("unsupported-type", {
      what: `Unsupported element type ${found}`,
      where,
      next: "split the complex numbers into real and imaginary parts in the model",
    });
  }
  return found;
}

function readDims(proto: TensorProto, where: string, limits: ImportLimits): number[] {
  const dims = (proto.dims ?? []).map(toBigInt);
  const negative = dims.find((dim) => dim < 0n);
  if (negative !== undefined) throw invalidTensor(`A tensor has the dimension ${negative}`, where);
  if (dims.length > maxRank) throw tooManyAxes(dims.length, where);
  // With a dimension of 0 the others still have to be sizes.
  if (
    dims.some((dim) => dim > 2n ** 53n) ||
    dims.reduce((product, dim) => product * dim, 1n) > BigInt(limits.elements)
  ) {
    throw new ImportError("limit", {
      what: `A tensor of dims [${dims.join(", ")}] has more than ${limits.elements} elements`,
      where,
      next: "if the file is to be trusted, raise the import's limits.elements",
    });
  }
  return dims.map(Number);
}

/** Bytes of raw data that so many elements take. */
function byteLength(elem: ElementType, size: number): number {
  if (isPacked(elem)) return packedLength(elem, size);
  return size * allocate(elem, 0).BYTES_PER_ELEMENT;
}

/** Bytes that the tensor takes once it is read: codes become numbers, and every text is an object. */
function heldLength(proto: TensorProto, elem: ElementType, size: number): number {
  if (elem !== "string") return size * allocate(elem, 0).BYTES_PER_ELEMENT;
  return (proto.stringData ?? []).reduce((sum, text) => sum + textObjectBytes + text.length, 0);
}

/** What V8 takes for a short string and its place in a list. */
const textObjectBytes = 32;

/** All tensors together have a limit too: many of the same few bytes would pass one by one. */
function countBytes(external: ExternalReader, bytes: number, where: string, limits: ImportLimits): void {
  external.weightBytes += bytes;
  if (external.weightBytes <= limits.weightBytes) return;
  throw tooMuch(
    `The tensors up to this one take ${external.weightBytes} bytes`,
    "weightBytes",
    limits,
    where,
  );
}

/** In `int32_data` every number is one code of 16 bits, or one byte of packed codes. */
function codeBytes(elem: ElementType, codes: ArrayLike<number>, where: string): Uint8Array {
  const wide = packedLength(elem, 1) === 2;
  const [least, most] = wide ? [0, 0xffff] : [-128, 0xff];
  const bytes = new Uint8Array(codes.length * (wide ? 2 : 1));
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code < least || code > most) throw invalidTensor(`${code} is no code of ${elem}`, where);
    if (wide) bytes.set([code & 255, code >> 8], 2 * i);
    else bytes[i] = code;
  }
  return bytes;
}

function fromTexts(
  texts: readonly Uint8Array[],
  size: number,
  dims: readonly number[],
  where: string,
): string[] {
  if (texts.length !== size) {
    throw invalidTensor(
      `A tensor of dims [${dims.join(", ")}] needs ${size} elements, but has ${texts.length}`,
      where,
    );
  }
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return texts.map((text) => decoder.decode(text));
  } catch {
    throw invalidTensor("A string of the tensor is no valid UTF-8 text", where);
  }
}

/** Little-endian bytes, at any offset, to numbers: a view of them where `keep` allows it and they are aligned. */
function fromBytes(
  elem: ElementType,
  size: number,
  bytes: Uint8Array,
  where: string,
  keep: boolean,
): TensorData {
  if (elem === "string") throw invalidTensor("A string tensor has raw data", where);
  if (bytes.length !== byteLength(elem, size)) {
    const needs = `${size} elements of ${elem} take ${byteLength(elem, size)} bytes`;
    throw invalidTensor(`${needs}, but ${bytes.length} are given`, where);
  }
  if (isPacked(elem)) return unpack(elem, bytes, room(elem, size, where));
  if (elem === "bool" && bytes.some((byte) => byte > 1)) {
    throw invalidTensor("A bool tensor has a byte that is neither 0 nor 1", where);
  }
  const view = keep ? viewOf(elem, bytes) : null;
  if (view) return view;
  const data = room(elem, size, where);
  new Uint8Array(data.buffer).set(bytes);
  if (bigEndian && data.BYTES_PER_ELEMENT > 1) swapBytes(data);
  return data;
}

/** Zeros to be filled in; what the machine has no memory for is an error like any other. */
function room(elem: ElementType, size: number, where: string): NumericData {
  try {
    return allocate(elem, size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ImportError("limit", {
      what: `There is no memory for ${size} elements of ${elem}: ${error.message}`,
      where,
      next: "use a machine with more memory, or a smaller model",
    });
  }
}

function fromNumbers(
  elem: ElementType,
  size: number,
  numbers: ArrayLike<number | ProtoInteger>,
  dims: readonly number[],
  where: string,
): TensorData {
  if (numbers.length !== size) {
    throw invalidTensor(
      `A tensor of dims [${dims.join(", ")}] needs ${size} elements, but has ${numbers.length}`,
      where,
    );
  }
  // Decoding has made an array of this very import, which needs no second one of its kind.
  if (numbers instanceof allocate(elem, 0).constructor && integerRange(elem) === null)
    return numbers as TensorData;
  const data = room(elem, size, where);
  const range = integerRange(elem);
  for (let i = 0; i < size; i++) {
    const value = numbers[i]!;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      data[i] = toBigInt(value);
    } else {
      const number = typeof value === "number" ? value : Number(toBigInt(value));
      if (range && (number < range[0] || number > range[1])) {
        throw invalidTensor(`Element ${i} is ${number}, which is no ${elem}`, where);
      }
      data[i] = number;
    }
  }
  return data;
}

/** What the typed fields could hold but the element type cannot; null where they agree. */
function integerRange(elem: ElementType): readonly [number, number] | null {
  return ranges.get(elem) ?? null;
}

const ranges = new Map<ElementType, readonly [number, number]>([
  ["bool", [0, 1]],
  ["uint8", [0, 2 ** 8 - 1]],
  ["int8", [-(2 ** 7), 2 ** 7 - 1]],
  ["uint16", [0, 2 ** 16 - 1]],
  ["int16", [-(2 ** 15), 2 ** 15 - 1]],
  ["uint32", [0, 2 ** 32 - 1]],
]);

const bigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

function swapBytes(data: NumericData): void {
  const bytes = new Uint8Array(data.buffer);
  for (let i = 0; i < bytes.length; i += data.BYTES_PER_ELEMENT) {
    bytes.subarray(i, i + data.BYTES_PER_ELEMENT).reverse();
  }
}

function invalidTensor(what: string, where: string): ImportError {
  return new ImportError("invalid-tensor", {
    what,
    where,
    next: "the file is damaged: export the model again",
  });
}

/** The error for a tensor of more than `maxRank` axes. */
export function tooManyAxes(rank: number, where: string): ImportError {
  return new ImportError("limit", {
    what: `A tensor has ${rank} axes; the limit is ${maxRank}`,
    where,
    next: "the file is damaged or hostile: export the model again",
  });
}

/** How messages speak of an initializer. */
export function describeTensor(proto: TensorProto): string {
  return `the initializer ${quote(proto.name ?? "")}`;
}
