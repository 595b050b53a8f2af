// The types that a file states: binding for inputs, hints for what nodes yield.
import {
  describeNode,
  isTensorType,
  quote,
  type Dim,
  type TensorType,
  type ValueId,
  type ValueType,
} from "@mpplan/ir";
import { ImportError, invalidModel } from "./errors.js";
import { maxRank, type ImportLimits } from "./limits.js";
import { has, toBigInt, type TensorTypeProto, type TypeProto, type ValueInfoProto } from "./proto.js";
import type { RawNode } from "./raw-node.js";
import { elementType, tooManyAxes } from "./tensors.js";

/**
 * The inferred type, with what it leaves open filled in from the file. Where an input's own type is not known
 * (`sure` is false), the file alone is believed: null where it says nothing.
 */
export function refine(
  inferred: ValueType,
  declared: ValueType | undefined,
  id: ValueId,
  raw: RawNode,
  sure: boolean,
): ValueType | null {
  if (!sure) return declared ?? null;
  if (!declared || !isTensorType(inferred) || !isTensorType(declared)) return inferred;
  if (declared.elem !== inferred.elem) {
    const what = `The value ${quote(id)} is declared as ${declared.elem}, but ${raw.op} yields ${inferred.elem}`;
    throw invalidModel(what, describeNode(raw));
  }
  if (!inferred.shape) return declared;
  const stated = declared.shape;
  if (stated?.length !== inferred.shape.length) return inferred;
  return { elem: inferred.elem, shape: inferred.shape.map((dim, axis) => dim ?? stated[axis] ?? null) };
}

/** The type of a graph input. @throws ImportError for one without a type, or of a sparse or unknown one. */
export function inputTypeOf(info: ValueInfoProto, where: string, limits: ImportLimits): ValueType {
  return typeFrom(info.type ?? {}, where, limits);
}

/** A TypeProto as the IR says it. @throws ImportError `unsupported-type`, `limit`. */
export function typeFrom(proto: TypeProto, where: string, limits: ImportLimits): ValueType {
  if (proto.tensorType) return tensorTypeFrom(proto.tensorType, where, limits);
  const inner = (of: TypeProto | null | undefined): ValueType => typeFrom(of ?? {}, where, limits);
  if (proto.sequenceType) return { kind: "sequence", of: inner(proto.sequenceType.elemType) };
  if (proto.optionalType) return { kind: "optional", of: inner(proto.optionalType.elemType) };
  if (proto.mapType) {
    const { keyType, valueType } = proto.mapType;
    return { kind: "map", key: elementType(keyType ?? 0, where), of: inner(valueType) };
  }
  throw new ImportError("unsupported-type", {
    what: "The value is sparse, or has no type",
    where,
    next: "export the model with dense tensors as its inputs",
  });
}

function tensorTypeFrom(proto: TensorTypeProto, where: string, limits: ImportLimits): TensorType {
  const elem = elementType(proto.elemType ?? 0, where);
  if (!has(proto, "shape")) return { elem, shape: null };
  const dims = proto.shape?.dim ?? [];
  if (dims.length > maxRank) throw tooManyAxes(dims.length, where);
  const shape = dims.map((dim): Dim => {
    if (!has(dim, "dimValue")) return dim.dimParam || null;
    const size = toBigInt(dim.dimValue);
    // Some exporters write -1 for a size that they do not know.
    if (size === -1n) return null;
    if (size < 0n || size > 2n ** 53n) throw invalidModel(`A tensor has the dimension ${size}`, where);
    return Number(size);
  });
  const type = { elem, shape };
  checkSize(type, where, limits);
  return type;
}

/** A type that the file states as a hint; one that makes no sense is no hint. */
export function declaredType(info: ValueInfoProto, limits: ImportLimits): ValueType | null {
  try {
    return inputTypeOf(info, "", limits);
  } catch (error) {
    if (error instanceof ImportError) return null;
    throw error;
  }
}

/** Refuses a value of more elements than the limit; unknown dimensions count as 1. */
export function checkSize({ shape }: TensorType, where: string, limits: ImportLimits): void {
  const known = (shape ?? []).filter((dim) => typeof dim === "number");
  if (known.includes(0) || known.reduce((product, dim) => product * dim, 1) <= limits.elements) return;
  throw new ImportError("limit", {
    what: `A value of dims [${known.join(", ")}] has more than ${limits.elements} elements`,
    where,
    next: "correct the sizes in the model, or raise the import's limits.elements",
  });
}
