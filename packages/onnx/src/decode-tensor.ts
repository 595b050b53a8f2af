// Decodes a TensorProto into typed arrays. protobufjs makes a list of doubles and an object for every 64-bit integer,
// which takes several times the file; here every number takes its own size, and raw_data stays a view.
import pkg from "onnx-proto";
import type { onnx as Onnx } from "onnx-proto";
import { decodeName } from "./validate.js";
import { fields, WireType, type Field } from "./wire.js";

const { onnx } = pkg;

type TypedField = "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data";

/** A tensor as the file tells it. What a list field lacks in the file, it lacks here. */
export interface TensorProto extends Omit<Onnx.ITensorProto, TypedField | "dims"> {
  dims?: readonly Integer[] | null;
  floatData?: ArrayLike<number> | null;
  doubleData?: ArrayLike<number> | null;
  int32Data?: ArrayLike<number> | null;
  int64Data?: ArrayLike<Integer> | null;
  uint64Data?: ArrayLike<Integer> | null;
}

/** A 64-bit integer: as protobufjs hands it over, or exactly. */
export type Integer = NonNullable<Onnx.IAttributeProto["i"]> | bigint;

/** The fields of numbers, and what holds them. */
const typed = new Map<number, { name: TypedField; make: (count: number) => Numbers }>([
  [4, { name: "floatData", make: (count) => new Float32Array(count) }],
  [5, { name: "int32Data", make: (count) => new Int32Array(count) }],
  [7, { name: "int64Data", make: (count) => new BigInt64Array(count) }],
  [10, { name: "doubleData", make: (count) => new Float64Array(count) }],
  [11, { name: "uint64Data", make: (count) => new BigUint64Array(count) }],
]);

type Numbers = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

/** The tensor in bytes[start, end), which `validate` has passed. */
export function decodeTensorAt(bytes: Uint8Array, start: number, end: number): TensorProto {
  const counts = new Map<number, number>();
  for (const field of fields(bytes, start, end)) {
    if (typed.has(field.number))
      counts.set(field.number, (counts.get(field.number) ?? 0) + countOf(bytes, field));
  }
  const tensor: TensorProto = {};
  const filled = new Map<number, { numbers: Numbers; count: number }>();
  for (const [number, count] of counts) {
    if (count === 0) continue;
    const { name, make } = typed.get(number)!;
    const numbers = make(count);
    filled.set(number, { numbers, count: 0 });
    (tensor as Record<TypedField, Numbers>)[name] = numbers;
  }
  const dims: bigint[] = [];
  for (const field of fields(bytes, start, end)) {
    const target = filled.get(field.number);
    if (target) target.count = fill(target.numbers, target.count, bytes, field);
    else if (field.number === 1) for (const dim of integers(bytes, field)) dims.push(dim);
    else readField(tensor, bytes, field);
  }
  if (dims.length > 0) tensor.dims = dims;
  return tensor;
}

function readField(tensor: TensorProto, bytes: Uint8Array, field: Field): void {
  const { number, valueStart, end } = field;
  const value = (): Uint8Array => bytes.subarray(valueStart, end);
  if (number === 2) tensor.dataType = Number(BigInt.asIntN(32, integers(bytes, field)[0]!));
  else if (number === 3) tensor.segment = {};
  else if (number === 6) (tensor.stringData ??= []).push(value());
  else if (number === 8) tensor.name = decodeName(bytes, valueStart, end);
  else if (number === 9) tensor.rawData = value();
  else if (number === 13) (tensor.externalData ??= []).push(onnx.StringStringEntryProto.decode(value()));
  else if (number === 14) tensor.dataLocation = Number(BigInt.asIntN(32, integers(bytes, field)[0]!));
}

/** How many numbers one field adds: one, or what its packed bytes hold. */
function countOf(bytes: Uint8Array, { number, wireType, valueStart, end }: Field): number {
  if (wireType !== WireType.bytes) return 1;
  if (number === 4) return (end - valueStart) / 4;
  if (number === 10) return (end - valueStart) / 8;
  let count = 0;
  // The last byte of every varint, and no other, is below 128.
  for (let at = valueStart; at < end; at++) if (bytes[at]! < 0x80) count++;
  return count;
}

/** Writes the numbers of one field behind those that are there; returns how many there are then. */
function fill(numbers: Numbers, count: number, bytes: Uint8Array, field: Field): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [at, next] = [field.valueStart, count];
  if (numbers instanceof Float32Array) {
    for (; at < field.end; at += 4) numbers[next++] = view.getFloat32(at, true);
  } else if (numbers instanceof Float64Array) {
    for (; at < field.end; at += 8) numbers[next++] = view.getFloat64(at, true);
  } else {
    while (at < field.end) {
      let [low, high, shift] = [0, 0, 0];
      for (let byte = 0x80; byte >= 0x80; shift += 7) {
        byte = bytes[at++]!;
        if (shift < 28) low += (byte & 0x7f) * 2 ** shift;
        else high += (byte & 0x7f) * 2 ** (shift - 28);
      }
      // 28 low bits; the rest, exact below 2^53, has 42 or fewer.
      if (numbers instanceof Int32Array) numbers[next++] = low + (high % 16) * 2 ** 28;
      else numbers[next++] = high === 0 ? BigInt(low) : BigInt(high) * 2n ** 28n + BigInt(low);
    }
  }
  return next;
}

/** The integers of a field, signed. */
function integers(bytes: Uint8Array, field: Field): BigInt64Array {
  const numbers = new BigInt64Array(countOf(bytes, field));
  fill(numbers, 0, bytes, field);
  return numbers;
}
