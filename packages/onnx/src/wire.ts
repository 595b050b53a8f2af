// The protobuf wire format: reading fields one after another, strictly, and writing the few that we add.
// https://protobuf.dev/programming-guides/encoding/
import { ImportError } from "./errors.js";

/** Wire types: how long a field's value is, not what it means. */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** One field of a message, by its places in the file. */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Where the tag begins. */
  readonly start: number;
  /** Where the value begins: after the length, for `bytes`. */
  readonly valueStart: number;
  /** Where the value ends, and the next field begins. */
  readonly end: number;
}

const groupDepth = 64;

/** The fields of a message that lies in bytes[start, end). @throws ImportError `truncated`, `not-onnx`. */
export function* fields(bytes: Uint8Array, start = 0, end = bytes.length): Generator<Field, void> {
  let at = start;
  while (at < end) {
    const field = fieldAt(bytes, at, end, 0);
    yield field;
    at = field.end;
  }
}

/** A varint as a number, exact to 2^53; one past 64 bits, or cut off by `end`, is refused. */
export function varint(bytes: Uint8Array, start: number, end: number): { value: number; end: number } {
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const place = at - start;
    if (place === 9 && byte > 1) break;
    value += (byte & 0x7f) * 2 ** (7 * place);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  if (end - start >= 10) throw broken(start, "a number of more than 64 bits");
  throw cutOff(start, bytes, end);
}

/** The bytes of a varint; `value` must be a safe integer. */
export function encodeVarint(value: number): number[] {
  const out: number[] = [];
  while (value >= 0x80) {
    out.push((value % 0x80) | 0x80);
    value = Math.floor(value / 0x80);
  }
  return [...out, value];
}

/** A field of wire type `bytes`, tag and length included. */
export function encodeField(number: number, value: Uint8Array): Uint8Array {
  return concat([encodeHead(number, value.length), value]);
}

/** What stands before a value of that length in a field of wire type `bytes`. */
export function encodeHead(number: number, length: number): Uint8Array {
  return Uint8Array.from([...encodeVarint(number * 8 + WireType.bytes), ...encodeVarint(length)]);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The error for bytes that are no protobuf message. */
export function broken(offset: number, what: string): ImportError {
  return new ImportError("not-onnx", {
    what: `This is not an ONNX model: ${what}`,
    where: `byte ${offset}`,
    next: "check that this is the .onnx file, and fetch or export it again",
  });
}

function cutOff(offset: number, bytes: Uint8Array, end: number): ImportError {
  const what =
    end === bytes.length
      ? `The file ends at byte ${end}, in the middle of a field`
      : `A field runs past byte ${end}, where the message around it ends`;
  return new ImportError("truncated", {
    what,
    where: `the field at byte ${offset}`,
    next: "the file is cut short or damaged: fetch or export it again",
  });
}

function fieldAt(bytes: Uint8Array, start: number, end: number, depth: number): Field {
  const tag = varint(bytes, start, end);
  const number = Math.floor(tag.value / 8);
  const wireType = tag.value % 8;
  if (number === 0) throw broken(start, "a field has the number 0");
  if (number > 0x1fffffff) throw broken(start, `a field has the number ${number}`);
  const field = (valueStart: number, valueEnd: number): Field => {
    if (valueEnd > end) throw cutOff(start, bytes, end);
    return { number, wireType, start, valueStart, end: valueEnd };
  };
  switch (wireType) {
    case WireType.varint:
      return field(tag.end, varint(bytes, tag.end, end).end);
    case WireType.fixed64:
      return field(tag.end, tag.end + 8);
    case WireType.fixed32:
      return field(tag.end, tag.end + 4);
    case WireType.bytes: {
      const length = varint(bytes, tag.end, end);
      return field(length.end, length.end + length.value);
    }
    case WireType.startGroup:
      return field(tag.end, groupEnd(bytes, tag.end, end, number, depth));
    case WireType.endGroup:
      throw broken(start, "a group ends that never began");
    default:
      throw broken(start, `a field has the wire type ${wireType}`);
  }
}

/** Groups are a relic; ONNX has none, but an unknown field may be one. */
function groupEnd(bytes: Uint8Array, start: number, end: number, number: number, depth: number): number {
  if (depth >= groupDepth) throw broken(start, `groups are nested more than ${groupDepth} deep`);
  let at = start;
  while (at < end) {
    const tag = varint(bytes, at, end);
    if (tag.value % 8 === WireType.endGroup) {
      if (Math.floor(tag.value / 8) !== number)
        throw broken(at, "a group ends that is not the innermost one");
      return tag.end;
    }
    at = fieldAt(bytes, at, end, depth + 1).end;
  }
  throw cutOff(start, bytes, end);
}
