// A file that holds one value of any kind, as the input_0.pb of ONNX test data: a TensorProto, or what onnx-data.proto
// defines beside it, a SequenceProto, an OptionalProto or a MapProto. Which of them, only the value's type tells.
import { allocate, isTensorType, tensor, type RuntimeValue, type Tensor, type ValueType } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { externalReader } from "./external-files.js";
import { checkFileSize, defaultLimits, tooMuch, type ImportLimits } from "./limits.js";
import { readTensorBytes } from "./tensor-file.js";
import { decodeName, messageItems } from "./validate.js";
import { fields, varint, WireType } from "./wire.js";

// Field numbers of onnx-data.proto. Sequences and optionals number alike what they hold.
const holds = { tensor: 3, sequence: 5, map: 6, optional: 7 } as const;
const place = "a file of test data";
const map = { keys: 3, stringKeys: 4, values: 5 } as const;

/**
 * Reads a value of that type. The limits hold for all the tensors in it together.
 * @throws ImportError `truncated`, `not-onnx`, `invalid-tensor`, `unsupported-type`, `limit`.
 */
export function readValueProto(
  bytes: Uint8Array,
  type: ValueType,
  limits: Partial<ImportLimits> = {},
): RuntimeValue {
  checkFileSize(bytes.length, limits);
  return new ValueReader({ ...defaultLimits, ...limits }).value(bytes, type);
}

class ValueReader {
  private readonly external = externalReader(undefined);
  private items = 0;

  constructor(private readonly limits: ImportLimits) {}

  value(bytes: Uint8Array, type: ValueType): RuntimeValue {
    if (isTensorType(type)) return readTensorBytes(bytes, this.limits, this.external).tensor;
    switch (type.kind) {
      case "sequence":
        return { kind: "sequence", of: type.of, items: this.held(bytes, type.of) };
      case "optional":
        return this.held(bytes, type.of)[0] ?? { kind: "absent", of: type.of };
      case "map":
        return this.map(bytes, type.of);
      default:
        return type satisfies never;
    }
  }

  private held(bytes: Uint8Array, of: ValueType): RuntimeValue[] {
    const number = holds[isTensorType(of) ? "tensor" : of.kind];
    const others = Object.values(holds).filter((each) => each !== number);
    const values: RuntimeValue[] = [];
    for (const field of fields(bytes)) {
      if (others.includes(field.number as never))
        throw mismatch("It holds another kind of value than its type says");
      if (field.number !== number || field.wireType !== WireType.bytes) continue;
      this.count(messageItems);
      values.push(this.value(bytes.subarray(field.valueStart, field.end), of));
    }
    return values;
  }

  private map(bytes: Uint8Array, of: ValueType): RuntimeValue {
    if (!isTensorType(of) || of.elem === "string") throw mismatch("Only maps to numbers are read");
    const integers: bigint[] = [];
    const texts: string[] = [];
    let values: Tensor[] = [];
    for (const field of fields(bytes)) {
      const { number, wireType, valueStart, end } = field;
      const packed = wireType === WireType.bytes;
      if (number === map.values && packed) {
        values = this.held(bytes.subarray(valueStart, end), of) as Tensor[];
      } else if (number === map.stringKeys && packed) {
        this.count(1);
        texts.push(decodeName(bytes, valueStart, end));
      } else if (number === map.keys && (packed || wireType === WireType.varint)) {
        for (let at = valueStart; at < end;) {
          this.count(1);
          const key = integer(bytes, at, end);
          integers.push(key.value);
          at = key.end;
        }
      }
    }
    const keys = texts.length > 0 ? tensor("string", [texts.length], texts) : int64s(integers);
    if (values.length !== keys.data.length) throw mismatch("A map has as many keys as values");
    const data = allocate(of.elem, values.length);
    values.forEach((value, i) => {
      if (value.elem !== of.elem || value.data.length !== 1)
        throw mismatch(`A map has a value that is no ${of.elem}`);
      // Both are storage of the same element type.
      (data as Float32Array)[i] = value.data[0] as number;
    });
    return { kind: "map", keys, values: tensor(of.elem, [values.length], data) };
  }

  private count(items: number): void {
    this.items += items;
    if (this.items <= this.limits.items) return;
    throw tooMuch("The value has too many items to decode", "items", this.limits, place);
  }
}

function int64s(list: readonly bigint[]): Tensor {
  return tensor("int64", [list.length], BigInt64Array.from(list));
}

function integer(bytes: Uint8Array, start: number, most: number): { value: bigint; end: number } {
  const { end } = varint(bytes, start, most);
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 127);
  return { value: BigInt.asIntN(64, value), end };
}

function mismatch(what: string): ImportError {
  return new ImportError("unsupported-type", {
    what,
    where: place,
    next: "give the value that the model's input asks for",
  });
}
