// Element types, shapes and tensors: the values that flow along the edges of a graph.
import { IrError } from "./errors.js";

/** The element types that a value may have. Their names are those of ONNX, with the width spelled out. */
export type ElementType = keyof typeof storage;

const storage = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/**
 * The numbers of a tensor. Inside an execution a float tensor may be held in binary64 whatever its element
 * type, since every emulated value is exact there.
 */
export type TensorData =
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

export const elementTypes = Object.keys(storage) as ElementType[];

/** True for the types that a sum is accumulated in, false for integers and booleans. */
export function isFloat(elem: ElementType): boolean {
  return elem === "float32" || elem === "float64";
}

/** An uninitialised tensor's storage: zeros of the element type. */
export function allocate(elem: ElementType, length: number): TensorData {
  return new storage[elem](length);
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian bytes as numbers of the type, not copied; null where their place in memory does not allow it. */
export function viewOf(elem: ElementType, bytes: Uint8Array): TensorData | null {
  const size = storage[elem].BYTES_PER_ELEMENT;
  if ((!littleEndian && size > 1) || bytes.byteOffset % size !== 0 || bytes.length % size !== 0) return null;
  return new storage[elem](bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size);
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

/** The elements as plain numbers. @throws IrError `int64-range` for integers beyond 2^53. */
export function toNumbers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, (x) => {
    if (typeof x === "number") return x;
    const n = Number(x);
    // INT64_MAX and INT64_MIN stand for "to the end" in ONNX; they may round, any other value may not.
    if (BigInt(n) !== x && x !== 9223372036854775807n && x !== -9223372036854775808n) {
      throw new IrError("int64-range", {
        what: `The integer ${x} does not fit a JavaScript number exactly`,
        where: `a ${t.elem} tensor of dims [${t.dims.join(", ")}]`,
        next: "use sizes and indices below 2^53",
      });
    }
    return n;
  });
}
