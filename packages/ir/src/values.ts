// What flows along an edge besides tensors: sequences, optionals and maps. Most operators never meet one; those that
// do say so, and the rest of the project speaks of tensors alone.
import { printType, type ElementType, type Tensor, type TensorType } from "./types.js";

/** A sequence: any number of values of one type. */
export interface SequenceType {
  readonly kind: "sequence";
  readonly of: ValueType;
}

/** A value that may be absent. */
export interface OptionalType {
  readonly kind: "optional";
  readonly of: ValueType;
}

/** A dictionary with integer or string keys, as the ai.onnx.ml operators yield them. */
export interface MapType {
  readonly kind: "map";
  readonly key: ElementType;
  readonly of: ValueType;
}

export type ContainerType = SequenceType | OptionalType | MapType;
export type ValueType = TensorType | ContainerType;

export interface SequenceValue {
  readonly kind: "sequence";
  readonly of: ValueType;
  readonly items: readonly RuntimeValue[];
}

/** The optional that holds nothing. One that holds a value is that value itself. */
export interface AbsentValue {
  readonly kind: "absent";
  readonly of: ValueType;
}

/** Keys and values in one order; the values of all keys make up one tensor's elements. */
export interface MapValue {
  readonly kind: "map";
  readonly keys: Tensor;
  readonly values: Tensor;
}

export type ContainerValue = SequenceValue | AbsentValue | MapValue;

/** Whatever an edge may carry in a run. */
export type RuntimeValue = Tensor | ContainerValue;

export function isTensor(value: RuntimeValue): value is Tensor {
  return !("kind" in value);
}

export function isTensorType(type: ValueType): type is TensorType {
  return !("kind" in type);
}

/** The type of a value at hand. */
export function valueTypeOf(value: RuntimeValue): ValueType {
  if (isTensor(value)) return { elem: value.elem, shape: value.dims };
  switch (value.kind) {
    case "sequence":
      return { kind: "sequence", of: value.of };
    case "absent":
      return { kind: "optional", of: value.of };
    case "map":
      return { kind: "map", key: value.keys.elem, of: { elem: value.values.elem, shape: [] } };
    default:
      return value satisfies never;
  }
}

/** How a value of the graph says that type. */
export function typed(type: ValueType): { type: TensorType | null; container?: ContainerType } {
  return isTensorType(type) ? { type } : { type: null, container: type };
}

/** `sequence(float32[?, 3])`. */
export function printValueType(type: ValueType | null): string {
  if (!type || isTensorType(type)) return printType(type);
  const of = printValueType(type.of);
  return type.kind === "map" ? `map(${type.key}, ${of})` : `${type.kind}(${of})`;
}
