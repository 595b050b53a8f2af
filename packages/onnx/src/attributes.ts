// Attributes: from AttributeProto to plain values, then checked against the operator's own list.
import {
  describeNode,
  elementTypes,
  quote,
  type Attrs,
  type AttrSpec,
  type AttrValue,
  type Body,
  type ElementType,
  type Origin,
  type Tensor,
  type ValueType,
} from "@mpplan/ir";
import { ImportError } from "./errors.js";
import type { Surroundings } from "./functions.js";
import {
  has,
  toBigInt,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type TypeProto,
} from "./proto.js";
import type { RawAttr, RawAttrs, RawNode } from "./raw-node.js";
import { elementType } from "./tensors.js";

/** How the parts of an attribute that are messages themselves are read. */
export interface AttributeReader {
  tensor(proto: TensorProto, where: string): Tensor;
  type(proto: TypeProto, where: string): ValueType;
  readonly around: Surroundings;
}

/** AttributeProto.AttributeType. */
const kinds = new Map<number, RawAttr["kind"]>([
  [1, "float"],
  [2, "int"],
  [3, "string"],
  [4, "tensor"],
  [5, "graph"],
  [6, "floats"],
  [7, "ints"],
  [8, "strings"],
  [9, "tensors"],
  [10, "graphs"],
  [11, "sparse-tensor"],
  [12, "sparse-tensors"],
  [13, "type"],
  [14, "types"],
]);

/** The field of AttributeProto that holds each kind. */
const fieldOf = {
  float: "f",
  int: "i",
  string: "s",
  tensor: "t",
  graph: "g",
  floats: "floats",
  ints: "ints",
  strings: "strings",
  tensors: "tensors",
  graphs: "graphs",
  "sparse-tensor": "sparseTensor",
  "sparse-tensors": "sparseTensors",
  type: "tp",
  types: "typeProtos",
} as const satisfies Record<RawAttr["kind"], keyof AttributeProto>;

/** Attributes that some exporters leave on any node, and that change nothing. */
const harmless = new Set(["consumed_inputs"]);

/**
 * The attributes of a node, by name.
 * @throws ImportError `invalid-attribute`, and what reading a tensor throws.
 */
export function readAttributes(node: NodeProto, origin: Origin, reader: AttributeReader): RawAttrs {
  const attrs = new Map<string, RawAttr>();
  for (const attribute of node.attribute ?? []) {
    const name = attribute.name ?? "";
    if (name === "") throw invalid(origin, "An attribute has no name");
    if (attrs.has(name)) throw invalid(origin, `The attribute ${quote(name)} is given twice`);
    if (attribute.refAttrName) {
      throw invalid(
        origin,
        `The attribute ${quote(name)} refers to an attribute of a function, but this is none`,
      );
    }
    attrs.set(name, readAttribute(attribute, kindOf(attribute, name, origin), origin, reader));
  }
  return attrs;
}

/**
 * The attributes as the operator defines them, defaults filled in.
 * @throws ImportError `invalid-attribute` for one that is unknown, missing, or of another type.
 */
export function checkAttributes(
  raw: RawNode,
  specs: Readonly<Record<string, AttrSpec>>,
  readBody: (proto: GraphProto, around: Surroundings) => Body,
): Attrs {
  for (const name of raw.attrs.keys()) {
    if (!Object.hasOwn(specs, name) && !harmless.has(name)) {
      throw new ImportError("invalid-attribute", {
        what: `${raw.op} has no attribute ${quote(name)}`,
        where: describeNode(raw),
        next: "correct the model; if ONNX does define it, follow docs/recipes/add-an-op.md",
      });
    }
  }
  const attrs: Record<string, AttrValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const given = raw.attrs.get(name);
    const value = given ? convert(given, spec, name, raw, readBody) : defaultOf(spec);
    if (value !== undefined) attrs[name] = value;
    else if (spec.required) throw invalid(raw.origin, `${raw.op} needs the attribute ${quote(name)}`);
  }
  return attrs;
}

/** The standard's defaults are binary32 numbers, like those in a file. */
function defaultOf(spec: AttrSpec): AttrValue | undefined {
  switch (spec.type) {
    case "float":
      return spec.default === undefined ? undefined : Math.fround(spec.default);
    case "floats":
      return spec.default?.map(Math.fround);
    case "tensor":
    case "graph":
    case "value-type":
      return undefined;
    case "int":
    case "ints":
    case "string":
    case "strings":
    case "element":
      return spec.default;
    default:
      return spec satisfies never;
  }
}

/** The kind of attribute in a file that says what each spec asks for. */
const kindFor: Readonly<Partial<Record<AttrSpec["type"], RawAttr["kind"]>>> = {
  element: "int",
  "value-type": "type",
};

function convert(
  given: RawAttr,
  spec: AttrSpec,
  name: string,
  raw: RawNode,
  readBody: (proto: GraphProto, around: Surroundings) => Body,
): AttrValue {
  if (
    spec.type === "element" &&
    given.kind === "string" &&
    elementTypes.includes(given.value as ElementType)
  ) {
    return given.value;
  }
  if (given.kind !== (kindFor[spec.type] ?? spec.type)) {
    const what = `The attribute ${quote(name)} of ${raw.op} is of type ${given.kind}, not ${spec.type}`;
    throw invalid(raw.origin, what);
  }
  switch (given.kind) {
    case "int":
      if (spec.type === "element") return elementType(Number(given.value), describeNode(raw));
      return exactNumber(given.value, name, raw);
    case "graph":
      return readBody(given.value, given.around);
    case "ints":
      return given.value.map((value) => exactNumber(value, name, raw));
    case "string":
      if (spec.type === "string" && spec.oneOf && !spec.oneOf.includes(given.value)) {
        const what = `The attribute ${quote(name)} of ${raw.op} is ${quote(given.value)}`;
        throw invalid(raw.origin, what, `use one of ${spec.oneOf.join(", ")}`);
      }
      return given.value;
    case "float":
    case "floats":
    case "strings":
    case "tensor":
    case "type":
      return given.value;
    case "graphs":
    case "sparse-tensor":
    case "sparse-tensors":
    case "tensors":
    case "types":
      throw new Error(`internal: no operator takes ${given.kind}`);
    default:
      return given satisfies never;
  }
}

/** As `toNumbers` of the IR does: only INT64_MAX and INT64_MIN, which stand for "to the end", may round. */
function exactNumber(value: bigint, name: string, raw: RawNode): number {
  const number = Number(value);
  if (BigInt(number) !== value && value !== 2n ** 63n - 1n) {
    throw invalid(
      raw.origin,
      `The attribute ${quote(name)} is ${value}, which no JavaScript number holds exactly`,
    );
  }
  return number;
}

function kindOf(attribute: AttributeProto, name: string, origin: Origin): RawAttr["kind"] {
  const filled = [...kinds.values()].filter((kind) => has(attribute, fieldOf[kind]));
  const type = attribute.type ?? 0;
  const kind = kinds.get(type);
  if (type !== 0 && kind === undefined) {
    throw invalid(origin, `The attribute ${quote(name)} is of type ${type}, which ONNX does not define`);
  }
  // Files of IR version 1 have no type; a zero or an empty list may be left out of the file.
  const only = kind ?? filled[0];
  if (only === undefined) throw invalid(origin, `The attribute ${quote(name)} has neither type nor value`);
  const other = filled.find((each) => each !== only);
  if (other)
    throw invalid(
      origin,
      `The attribute ${quote(name)} is of type ${only}, but holds a value of type ${other}`,
    );
  return only;
}

function readAttribute(
  attribute: AttributeProto,
  kind: RawAttr["kind"],
  origin: Origin,
  reader: AttributeReader,
): RawAttr {
  const where = `the attribute "${attribute.name}" of ${describeNode({ origin })}`;
  switch (kind) {
    case "float":
      return { kind, value: attribute.f ?? 0 };
    case "int":
      return { kind, value: toBigInt(attribute.i) };
    case "string":
      return { kind, value: decodeText(attribute.s ?? new Uint8Array(0), attribute, origin) };
    case "tensor": {
      if (!attribute.t) throw invalid(origin, `The attribute ${quote(attribute.name ?? "")} holds no tensor`);
      return { kind, value: reader.tensor(attribute.t, where) };
    }
    case "floats":
      return { kind, value: attribute.floats ?? [] };
    case "ints":
      return { kind, value: (attribute.ints ?? []).map(toBigInt) };
    case "strings":
      return { kind, value: (attribute.strings ?? []).map((text) => decodeText(text, attribute, origin)) };
    case "graph":
      return { kind, value: attribute.g ?? {}, around: reader.around };
    case "type":
      return { kind, value: reader.type(attribute.tp ?? {}, where) };
    case "graphs":
    case "tensors":
    case "sparse-tensor":
    case "sparse-tensors":
    case "types":
      return { kind };
    default:
      return kind satisfies never;
  }
}

function decodeText(bytes: Uint8Array, attribute: AttributeProto, origin: Origin): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(origin, `The attribute ${quote(attribute.name ?? "")} is no valid UTF-8 text`);
  }
}

/** The error for an attribute that breaks the rules. */
export function invalid(
  origin: Origin,
  what: string,
  next = "correct the model, or export it again",
): ImportError {
  return new ImportError("invalid-attribute", { what, where: describeNode({ origin }), next });
}
