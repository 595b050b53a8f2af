// Checks the bytes of a model before anything is decoded: every known message is walked, so that a damaged or
// hostile file ends in an error with its place. What the model means is left to the importer.
import { ImportError } from "./errors.js";
import { checkFileSize, tooMuch, type ImportLimits } from "./limits.js";
import { looksLike } from "./magic.js";
import { messages, type FieldKind, type MessageName } from "./messages.js";
import { broken, fields, varint, WireType, type Field } from "./wire.js";

/** A decoded message is an object with its own lists: as dear as this many plain items. */
export const messageItems = 8;
/** Numbers of a tensor, other than its dims, go into a typed array, which is cheap: this many for one. */
const tensorNumbers = 32;

interface Walk {
  readonly bytes: Uint8Array;
  readonly limits: ImportLimits;
  nodes: number;
  items: number;
}

/**
 * Walks a whole model file; afterwards onnx-proto may decode it.
 * @throws ImportError `empty-file`, `not-onnx`, `truncated`, `limit`.
 */
export function validate(bytes: Uint8Array, limits: ImportLimits): void {
  if (bytes.length === 0) {
    throw new ImportError("empty-file", {
      what: "The file is empty",
      where: "byte 0",
      next: "fetch or export the model again",
    });
  }
  const other = looksLike(bytes);
  if (other) {
    throw new ImportError("not-onnx", {
      what: `This is not an ONNX model: it looks like ${other.what}`,
      where: "the first bytes of the file",
      next: other.next,
    });
  }
  checkFileSize(bytes.length, limits);
  walk({ bytes, limits, nodes: 0, items: 0 }, "ModelProto", 0, bytes.length, 1);
}

/** Walks a file that holds one TensorProto. @throws ImportError `empty-file`, `truncated`, `limit`. */
export function validateTensor(bytes: Uint8Array, limits: ImportLimits): void {
  checkFileSize(bytes.length, limits);
  walk({ bytes, limits, nodes: 0, items: 0 }, "TensorProto", 0, bytes.length, 1);
}

/** Reads text strictly: what is no valid UTF-8 would be two different names for two readers. */
export function decodeName(bytes: Uint8Array, start: number, end: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, end));
  } catch {
    throw broken(start, "a name is not valid UTF-8 text");
  }
}

function walk(state: Walk, name: MessageName, start: number, end: number, depth: number): void {
  const { bytes, limits } = state;
  if (depth > limits.depth)
    throw tooMuch(`Messages are nested ${depth} deep`, "depth", limits, `byte ${start}`);
  const message = messages[name];
  const seen = new Set<number>();
  for (const field of fields(bytes, start, end)) {
    const kind = message[field.number];
    if (kind === undefined) continue;
    state.items += check(state, name, field, kind);
    if (state.items > limits.items) {
      throw tooMuch("The model has too many items to decode", "items", limits, `byte ${field.start}`);
    }
    if (typeof kind === "string") continue;
    if (kind.once && seen.has(field.number)) {
      throw broken(field.start, `a ${name} has its field ${field.number} twice`);
    }
    seen.add(field.number);
    if (kind.counts && ++state.nodes > limits.nodes) {
      throw tooMuch("The model has too many nodes", "nodes", limits, `byte ${field.start}`);
    }
    walk(state, kind.message, field.valueStart, field.end, depth + 1);
  }
}

/** Checks one field's value against its kind; returns how many items decoding will make of it. */
function check(state: Walk, name: MessageName, field: Field, kind: FieldKind): number {
  const { bytes } = state;
  const length = field.end - field.valueStart;
  const packed = field.wireType === WireType.bytes;
  const share = name === "TensorProto" && field.number !== 1 ? tensorNumbers : 1;
  const expect = (wireType: number): void => {
    if (field.wireType !== wireType) {
      throw broken(
        field.start,
        `field ${field.number} of a ${name} has the wire type ${field.wireType}, not ${wireType}`,
      );
    }
  };
  if (typeof kind !== "string") {
    expect(WireType.bytes);
    return messageItems;
  }
  switch (kind) {
    case "varint":
      expect(WireType.varint);
      return 0;
    case "varints":
      if (!packed) expect(WireType.varint);
      return (packed ? countVarints(bytes, field, state.limits.items * tensorNumbers) : 1) / share;
    case "fixed32":
      expect(WireType.fixed32);
      return 0;
    case "fixed32s":
      if (!packed) expect(WireType.fixed32);
      return fixedItems(field, packed, length, 4) / share;
    case "fixed64s":
      if (!packed) expect(WireType.fixed64);
      return fixedItems(field, packed, length, 8) / share;
    case "name":
      expect(WireType.bytes);
      checkText(state, name, field, length);
      if (!isAscii(bytes, field)) decodeName(bytes, field.valueStart, field.end);
      return 1;
    case "text":
      expect(WireType.bytes);
      checkText(state, name, field, length);
      return 1;
    case "bytes":
      expect(WireType.bytes);
      // All bytes are texts but a tensor's raw_data.
      if (!(name === "TensorProto" && field.number === 9)) checkText(state, name, field, length);
      return 1;
    default:
      return kind satisfies never;
  }
}

function checkText({ limits }: Walk, name: MessageName, field: Field, length: number): void {
  if (length <= limits.textBytes) return;
  const what = `A text of ${length} bytes stands in field ${field.number} of a ${name}`;
  throw tooMuch(what, "textBytes", limits, `byte ${field.start}`);
}

function fixedItems(field: Field, packed: boolean, length: number, size: number): number {
  if (packed && length % size !== 0) {
    throw broken(field.start, `a list of ${size}-byte numbers takes ${length} bytes`);
  }
  return length / size / 4;
}

function countVarints(bytes: Uint8Array, field: Field, most: number): number {
  let count = 0;
  let at = field.valueStart;
  while (at < field.end && count <= most) {
    at = bytes[at]! < 0x80 ? at + 1 : varint(bytes, at, field.end).end;
    count++;
  }
  return count;
}

function isAscii(bytes: Uint8Array, field: Field): boolean {
  for (let at = field.valueStart; at < field.end; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}
