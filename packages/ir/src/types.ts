// Element types, shapes and tensors: the values that flow along the edges of a graph.
import { IrError } from "./errors.js";
import { bitsOf } from "./narrow.js";

/** The element types that a value may have. Their names are those of ONNX, with the width spelled out. */
export type ElementType = keyof typeof storage | "string";

/**
 * How each element type is held outside of an execution. Floats narrower than binary32 are held as the binary32
 * numbers that they are: `narrowRounding` makes them. Integers of 4 and 2 bits take a byte each.
 */
const storage = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Float32Array,
  bfloat16: Float32Array,
  float8e4m3fn: Float32Array,
  float8e4m3fnuz: Float32Array,
  float8e5m2: Float32Array,
  float8e5m2fnuz: Float32Array,
  float8e8m0: Float32Array,
  float4e2m1: Float32Array,
  int2: Int8Array,
  int4: Int8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint2: Uint8Array,
  uint4: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** The numbers of a tensor, of any element type but `string`. */
export type NumericData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/**
 * The elements of a tensor. Inside an execution a float tensor may be held in binary64 whatever its element
 * type, since every emulated value is exact there.
 */
export type TensorData = NumericData | readonly string[];

/** A dense tensor in row-major order. `data.length` is the product of `dims`; a scalar has no dims. */
export interface Tensor {
  readonly elem: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A dimension: a size, the name of a symbolic size, or null where nothing is known. */
export type Dim = number | string | null;

/** What is known of a value before anything runs; a null shape means that even the rank is unknown. */
export interface TensorType {
  readonly elem: ElementType;
  readonly shape: readonly Dim[] | null;
}

export const elementTypes = [...Object.keys(storage), "string"] as ElementType[];

/** True for floating-point types of every width, false for integers, booleans and strings. */
export function isFloat(elem: ElementType): boolean {
  return elem.startsWith("float") || elem === "bfloat16";
}

/** True for integers of every width, false for booleans. */
export function isInteger(elem: ElementType): boolean {
  return elem.startsWith("int") || elem.startsWith("uint");
}

/** An uninitialised tensor's storage: zeros of the element type. Strings have none: see `blank`. */
export function allocate(elem: ElementType, length: number): NumericData {
  if (elem === "string") throw new Error("internal: strings are no numbers");
  return new storage[elem](length);
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Little-endian bytes as numbers of the type, not copied; null where their place in memory does not allow it, and for
 * element types that are held otherwise than ONNX stores them.
 */
export function viewOf(elem: ElementType, bytes: Uint8Array): NumericData | null {
  if (elem === "string" || bitsOf(elem) !== 8 * storage[elem].BYTES_PER_ELEMENT) return null;
  const size = storage[elem].BYTES_PER_ELEMENT;
  if ((!littleEndian && size > 1) || bytes.byteOffset % size !== 0 || bytes.length % size !== 0) return null;
  return new storage[elem](bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size);
}

/** Zeros of the element type, or empty strings. */
export function blank(elem: ElementType, length: number): NumericData | string[] {
  return elem === "string" ? new Array<string>(length).fill("") : allocate(elem, length);
}

/** The elements as numbers. @throws IrError `wrong-element` for strings. */
export function numericData(t: Tensor): NumericData {
  if (isNumeric(t.data)) return t.data;
  throw new IrError("wrong-element", {
    what: "Numbers are needed here, and this tensor holds strings",
    where: `a ${t.elem} tensor of dims [${t.dims.join(", ")}]`,
    next: "cast it to a numeric type in the model",
  });
}

/** The elements as they lie in memory; strings as JSON. */
export function bytesOf({ data }: Tensor): Uint8Array {
  if (!isNumeric(data)) return new TextEncoder().encode(JSON.stringify(data));
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The tensor as it is held outside of an execution: floats other than float64 as binary32 numbers. */
export function inStorage(t: Tensor): Tensor {
  const wide = t.data instanceof Float64Array && t.elem !== "float64";
  return wide ? { ...t, data: Float32Array.from(t.data as Float64Array) } : t;
}

export function isNumeric(data: TensorData): data is NumericData {
  return ArrayBuffer.isView(data);
}

/** The product of the dims: 1 for a scalar. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Makes a tensor. @throws IrError `tensor-size` where dims and data disagree. */
export function tensor(elem: ElementType, dims: readonly number[], data: TensorData): Tensor {
  if (sizeOf(dims) !== data.length) {
    throw new IrError("tensor-size", {
      what: `A tensor of dims [${dims.join(", ")}] needs ${sizeOf(dims)} elements, but ${data.length} were given`,
      where: `a ${elem} tensor`,
      next: "give one element per place of the dims",
    });
  }
  return { elem, dims, data };
}

/** The type of a tensor at hand. */
export function typeOf(t: Tensor): TensorType {
  return { elem: t.elem, shape: t.dims };
}

/** The shape with every dimension known, or null. */
export function staticShape(type: TensorType | null | undefined): number[] | null {
  if (!type?.shape) return null;
  return type.shape.every((dim) => typeof dim === "number") ? (type.shape as number[]) : null;
}

/** `float32[N, 784]`; an unknown dimension prints as `?`, an unknown rank as `float32[...]`. */
export function printType(type: TensorType | null): string {
  if (!type) return "?";
  return `${type.elem}[${type.shape ? type.shape.map((dim) => dim ?? "?").join(", ") : "..."}]`;
}

const int64Max = 9223372036854775807n;

/** The elements as plain numbers. @throws IrError `int64-range` for integers beyond 2^53. */
export function toNumbers(t: Tensor): number[] {
  return Array.from(numericData(t) as ArrayLike<number | bigint>, (x) => {
    if (typeof x === "number") return x;
    const n = Number(x);
    // INT64_MAX, its negative and INT64_MIN stand for "to the end" in ONNX; they may round, any other value may not.
    if (BigInt(n) !== x && x !== int64Max && x !== -int64Max && x !== -int64Max - 1n) {
      throw new IrError("int64-range", {
        what: `The integer ${x} does not fit a JavaScript number exactly`,
        where: `a ${t.elem} tensor of dims [${t.dims.join(", ")}]`,
        next: "use sizes and indices below 2^53",
      });
    }
    return n;
  });
}
