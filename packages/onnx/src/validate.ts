// Checks the bytes of a model before anything is decoded: every known message is walked, so that a damaged or
// hostile file ends in an error with its place. What the model means is left to the importer.
import { ImportError } from "./errors.js";
import type { ImportLimits } from "./limits.js";
import { looksLike } from "./magic.js";
import { broken, fields, varint, WireType, type Field } from "./wire.js";

/** What a field holds. `name` is text that something refers to, so that it must be valid UTF-8. */
type FieldKind =
  | "varint"
  | "varints"
  | "fixed32"
  | "fixed32s"
  | "fixed64s"
  | "text"
  | "name"
  | "bytes"
  | { readonly message: MessageName; readonly once?: true; readonly counts?: "nodes" };

type Message = Readonly<Record<number, FieldKind>>;
type MessageName =
  | "AttributeProto"
  | "Dimension"
  | "ElementOf"
  | "FunctionProto"
  | "GraphProto"
  | "MapType"
  | "ModelProto"
  | "NodeProto"
  | "OperatorSetIdProto"
  | "Segment"
  | "SparseTensorProto"
  | "StringStringEntryProto"
  | "TensorAnnotation"
  | "TensorProto"
  | "TensorShapeProto"
  | "TensorType"
  | "TrainingInfoProto"
  | "TypeProto"
  | "ValueInfoProto";

const entries: FieldKind = { message: "StringStringEntryProto" };

/** The messages of onnx.proto as far as an import reads them; other fields are unknown and skipped. */
const messages: Readonly<Record<MessageName, Message>> = {
  ModelProto: {
    1: "varint",
    2: "text",
    3: "text",
    4: "text",
    5: "varint",
    6: "text",
    7: { message: "GraphProto", once: true },
    8: { message: "OperatorSetIdProto" },
    14: entries,
    20: { message: "TrainingInfoProto" },
    25: { message: "FunctionProto" },
  },
  OperatorSetIdProto: { 1: "name", 2: "varint" },
  StringStringEntryProto: { 1: "name", 2: "name" },
  TrainingInfoProto: {
    1: { message: "GraphProto", once: true },
    2: { message: "GraphProto", once: true },
    3: entries,
    4: entries,
  },
  FunctionProto: {
    1: "name",
    4: "name",
    5: "name",
    6: "name",
    7: { message: "NodeProto", counts: "nodes" },
    8: "text",
    9: { message: "OperatorSetIdProto" },
    10: "text",
  },
  GraphProto: {
    1: { message: "NodeProto", counts: "nodes" },
    2: "text",
    5: { message: "TensorProto" },
    10: "text",
    11: { message: "ValueInfoProto" },
    12: { message: "ValueInfoProto" },
    13: { message: "ValueInfoProto" },
    14: { message: "TensorAnnotation" },
    15: { message: "SparseTensorProto" },
    16: entries,
  },
  TensorAnnotation: { 1: "name", 2: entries },
  NodeProto: {
    1: "name",
    2: "name",
    3: "name",
    4: "name",
    5: { message: "AttributeProto" },
    6: "text",
    7: "name",
    9: entries,
  },
  AttributeProto: {
    1: "name",
    2: "fixed32",
    3: "varint",
    4: "bytes",
    5: { message: "TensorProto", once: true },
    6: { message: "GraphProto", once: true },
    7: "fixed32s",
    8: "varints",
    9: "bytes",
    10: { message: "TensorProto" },
    11: { message: "GraphProto" },
    13: "text",
    14: { message: "TypeProto", once: true },
    15: { message: "TypeProto" },
    20: "varint",
    21: "name",
    22: { message: "SparseTensorProto", once: true },
    23: { message: "SparseTensorProto" },
  },
  TensorProto: {
    1: "varints",
    2: "varint",
    3: { message: "Segment", once: true },
    4: "fixed32s",
    5: "varints",
    6: "bytes",
    7: "varints",
    8: "name",
    9: "bytes",
    10: "fixed64s",
    11: "varints",
    12: "text",
    13: entries,
    14: "varint",
    16: entries,
  },
  Segment: { 1: "varint", 2: "varint" },
  SparseTensorProto: {
    1: { message: "TensorProto", once: true },
    2: { message: "TensorProto", once: true },
    3: "varints",
  },
  ValueInfoProto: { 1: "name", 2: { message: "TypeProto", once: true }, 3: "text", 4: entries },
  TypeProto: {
    1: { message: "TensorType", once: true },
    4: { message: "ElementOf", once: true },
    5: { message: "MapType", once: true },
    6: "text",
    8: { message: "TensorType", once: true },
    9: { message: "ElementOf", once: true },
  },
  TensorType: { 1: "varint", 2: { message: "TensorShapeProto", once: true } },
  ElementOf: { 1: { message: "TypeProto", once: true } },
  MapType: { 1: "varint", 2: { message: "TypeProto", once: true } },
  TensorShapeProto: { 1: { message: "Dimension" } },
  Dimension: { 1: "varint", 2: "name", 3: "text" },
};

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
  if (bytes.length > limits.bytes) throw tooLarge(`The file has ${bytes.length} bytes`, "bytes", limits, 0);
  walk({ bytes, limits, nodes: 0, items: 0 }, "ModelProto", 0, bytes.length, 1);
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
  if (depth > limits.depth) throw tooLarge(`Messages are nested ${depth} deep`, "depth", limits, start);
  const message = messages[name];
  const seen = new Set<number>();
  for (const field of fields(bytes, start, end)) {
    const kind = message[field.number];
    if (kind === undefined) continue;
    state.items += check(state, name, field, kind);
    if (state.items > limits.items) {
      throw tooLarge(`The model has more than ${limits.items} items to decode`, "items", limits, field.start);
    }
    if (typeof kind === "string") continue;
    if (kind.once && seen.has(field.number)) {
      throw broken(field.start, `a ${name} has its field ${field.number} twice`);
    }
    seen.add(field.number);
    if (kind.counts && ++state.nodes > limits.nodes) {
      throw tooLarge(`The model has more than ${limits.nodes} nodes`, "nodes", limits, field.start);
    }
    walk(state, kind.message, field.valueStart, field.end, depth + 1);
  }
}

/** Checks one field's value against its kind; returns how many items decoding will make of it. */
function check(state: Walk, name: MessageName, field: Field, kind: FieldKind): number {
  const { bytes } = state;
  const length = field.end - field.valueStart;
  const packed = field.wireType === WireType.bytes;
  const expect = (wireType: number): void => {
    if (field.wireType !== wireType) {
      throw broken(field.start, `field ${field.number} of a ${name} has the wire type ${field.wireType}, not ${wireType}`);
    }
  };
  if (typeof kind !== "string") {
    expect(WireType.bytes);
    return 1;
  }
  switch (kind) {
    case "varint":
      expect(WireType.varint);
      return 0;
    case "varints":
      if (!packed) expect(WireType.varint);
      return packed ? countVarints(bytes, field, state.limits) : 1;
    case "fixed32":
      expect(WireType.fixed32);
      return 0;
    case "fixed32s":
      if (!packed) expect(WireType.fixed32);
      return fixedItems(field, packed, length, 4);
    case "fixed64s":
      if (!packed) expect(WireType.fixed64);
      return fixedItems(field, packed, length, 8);
    case "name":
      expect(WireType.bytes);
      if (!isAscii(bytes, field)) decodeName(bytes, field.valueStart, field.end);
      return 1;
    case "text":
    case "bytes":
      expect(WireType.bytes);
      return 1;
    default:
      return kind satisfies never;
  }
}

function fixedItems(field: Field, packed: boolean, length: number, size: number): number {
  if (packed && length % size !== 0) {
    throw broken(field.start, `a list of ${size}-byte numbers takes ${length} bytes`);
  }
  return length / size / 4;
}

function countVarints(bytes: Uint8Array, field: Field, limits: ImportLimits): number {
  let count = 0;
  let at = field.valueStart;
  while (at < field.end && count <= limits.items) {
    at = bytes[at]! < 0x80 ? at + 1 : varint(bytes, at, field.end).end;
    count++;
  }
  return count;
}

function isAscii(bytes: Uint8Array, field: Field): boolean {
  for (let at = field.valueStart; at < field.end; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}

function tooLarge(what: string, limit: keyof ImportLimits, limits: ImportLimits, offset: number): ImportError {
  return new ImportError("limit", {
    what: `${what}; the limit is ${limits[limit]}`,
    where: `byte ${offset}`,
    next: `if the file is to be trusted, raise the import's limits.${limit}`,
  });
}
