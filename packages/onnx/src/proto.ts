// The one place that touches onnx-proto: decoding, and the few habits of its objects that others need.
import Long from "long";
import pkg from "onnx-proto";
import type { onnx as Onnx } from "onnx-proto";
import protobuf from "protobufjs/minimal.js";
import { decodeTensorAt, type Integer, type TensorProto } from "./decode-tensor.js";

// protobufjs looks for Long by `require`, which fails unnoticed where modules resolve otherwise (bundles, test
// runners); 64-bit integers would then be rounded to doubles.
protobuf.util.Long = Long as unknown as NonNullable<typeof protobuf.util.Long>;
protobuf.configure();

const { onnx } = pkg;

// Wherever a message holds a tensor, its decoder comes here.
onnx.TensorProto.decode = ((reader: protobuf.Reader, length: number) => {
  const start = reader.pos;
  reader.pos += length;
  return decodeTensorAt(reader.buf, start, reader.pos);
}) as unknown as typeof onnx.TensorProto.decode;

export type ModelProto = Onnx.IModelProto;
export type GraphProto = Onnx.IGraphProto;
export type NodeProto = Onnx.INodeProto;
export type { TensorProto };
export type AttributeProto = Onnx.IAttributeProto;
export type ValueInfoProto = Onnx.IValueInfoProto;
export type FunctionProto = Onnx.IFunctionProto;
export type TypeProto = Onnx.ITypeProto;
export type TensorTypeProto = Onnx.TypeProto.ITensor;

/** A 64-bit integer: exactly, or as protobufjs hands it over, a Long or a plain number. */
export type ProtoInteger = Integer;

/** Decodes bytes that `validate` has passed; what it yields are views of `bytes`, not copies. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  // A plain Uint8Array: given a Buffer, protobufjs would take another path in Node than in a browser.
  return onnx.ModelProto.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** One attribute, for a field that onnx-proto does not know. */
export function decodeAttribute(bytes: Uint8Array): AttributeProto {
  return onnx.AttributeProto.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** The same for bytes that `validateTensor` has passed. */
export function decodeTensor(bytes: Uint8Array): TensorProto {
  return decodeTensorAt(bytes, 0, bytes.length);
}

/** True where the file has the field, even if empty or zero: protobufjs keeps defaults on the prototype. */
export function has<T extends object>(message: T, field: keyof T): boolean {
  if (!Object.hasOwn(message, field)) return false;
  const value = message[field];
  return !(value === null || value === undefined || (Array.isArray(value) && value.length === 0));
}

/** The integer, exactly. */
export function toBigInt(value: ProtoInteger | null | undefined): bigint {
  if (value === null || value === undefined) return 0n;
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(value);
  const bits = (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
  return value.unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits);
}
