// A file that holds one value of any kind, as the input_0.pb of ONNX test data: a TensorProto, or what onnx-data.proto
// defines beside it, a SequenceProto, an OptionalProto or a MapProto. Which of them, only the value's type tells.
import { isTensorType, tensor, type RuntimeValue, type Tensor, type ValueType } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { readTensorProto } from "./tensor-file.js";
import { fields, varint, WireType } from "./wire.js";

// Field numbers of onnx-data.proto. Sequences and optionals number alike what they hold.
const holds = { tensor: 3, sequence: 5, map: 6, optional: 7 } as const;
const map = { keys: 3, stringKeys: 4, values: 5 } as const;

/**
 * Reads a value of that type.
 * @throws ImportError `truncated`, `not-onnx`, `invalid-tensor`, `unsupported-type`, `limit`.
 */
export function readValueProto(bytes: Uint8Array, type: ValueType): RuntimeValue {
  if (isTensorType(type)) return readTensorProto(bytes).tensor;
  switch (type.kind) {
    case "sequence":
      return { kind: "sequence", of: type.of, items: held(bytes, type.of) };
    case "optional":
      return held(bytes, type.of)[0] ?? { kind: "absent", of: type.of };
    case "map":
      return readMap(bytes, type.of);
    default:
      return type satisfies never;
  }
}

function held(bytes: Uint8Array, of: ValueType): RuntimeValue[] {
  const number = holds[isTensorType(of) ? "tensor" : of.kind];
  const others = Object.values(holds).filter((each) => each !== number);
  const values: RuntimeValue[] = [];
  for (const field of fields(bytes)) {
    if (others.includes(field.number as never))
      throw mismatch("It holds another kind of value than its type says");
    if (field.number !== number || field.wireType !== WireType.bytes) continue;
    values.push(readValueProto(bytes.subarray(field.valueStart, field.end), of));
  }
  return values;
}

function readMap(bytes: Uint8Array, of: ValueType): RuntimeValue {
  const integers: bigint[] = [];
  const texts: string[] = [];
  let values: Tensor[] = [];
  for (const field of fields(bytes)) {
    const part = bytes.subarray(field.valueStart, field.end);
    if (field.number === map.values) values = held(part, of) as Tensor[];
    else if (field.number === map.stringKeys) texts.push(new TextDecoder().decode(part));
    else if (field.number === map.keys && field.wireType === WireType.varint)
      integers.push(integer(part, 0).value);
    else if (field.number === map.keys) {
      for (let at = 0; at < part.length;) {
        const { value, end } = integer(part, at);
        integers.push(value);
        at = end;
      }
    }
  }
  const keys = texts.length > 0 ? tensor("string", [texts.length], texts) : int64s(integers);
  if (!isTensorType(of)) throw mismatch("Maps to other values than tensors are not read");
  if (values.length !== keys.data.length) throw mismatch("A map has as many keys as values");
  const all = values.flatMap((t) => Array.from(t.data as ArrayLike<number>));
  const data = of.elem === "int64" ? BigInt64Array.from(all as unknown as bigint[]) : Float32Array.from(all);
  return { kind: "map", keys, values: tensor(of.elem, [values.length], data) };
}

function int64s(list: readonly bigint[]): Tensor {
  return tensor("int64", [list.length], BigInt64Array.from(list));
}

function integer(bytes: Uint8Array, start: number): { value: bigint; end: number } {
  const { end } = varint(bytes, start, bytes.length);
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 127);
  return { value: BigInt.asIntN(64, value), end };
}

function mismatch(what: string): ImportError {
  return new ImportError("unsupported-type", {
    what,
    where: "a file of test data",
    next: "give the value that the model's input asks for",
  });
}
