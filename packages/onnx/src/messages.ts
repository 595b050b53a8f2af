// The messages of onnx.proto as far as an import reads them, by field number: what `validate` walks. A field that is
// not listed is unknown, and skipped. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

/** What a field holds. `name` is text that something refers to, so that it must be valid UTF-8. */
export type FieldKind =
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
export type MessageName =
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

export const messages: Readonly<Record<MessageName, Message>> = {
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
    10: "name",
    11: { message: "AttributeProto" },
    12: { message: "ValueInfoProto" },
    13: "name",
    14: entries,
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
    8: "name",
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
