// What kernels share: the dims of their output, room for it, and views of elements of either kind.
import {
  blank,
  isFloat,
  isTensor,
  ops,
  sizeOf,
  typed,
  valueTypeOf,
  type ElementType,
  type InferContext,
  type Node,
  type RuntimeValue,
  type Tensor,
  type TensorData,
  type TensorType,
  type Value,
} from "@mpplan/ir";

/** A node with its inputs as they are in this run: everything an operator may ask for is known. */
export function contextOf(inputs: readonly (RuntimeValue | null)[], node: Node): InferContext {
  return { node, inputs: inputs.map((value, i) => value && asValue(node.inputs[i] ?? "", value)) };
}

function asValue(id: string, value: RuntimeValue): Value {
  if (!isTensor(value)) return { id, ...typed(valueTypeOf(value)) };
  return { id, type: { elem: value.elem, shape: value.dims }, constant: value };
}

/** The types of the outputs, each dimension known. */
export function outputTypes(inputs: readonly (RuntimeValue | null)[], node: Node): TensorType[] {
  return ops[node.op].infer(contextOf(inputs, node)) as TensorType[];
}

/** The dims of the first output. The operator's definition works them out, and refuses inputs that do not fit. */
export function outputDims(inputs: readonly (Tensor | null)[], node: Node): number[] {
  return outputTypes(inputs, node)[0]!.shape as number[];
}

/** A tensor of zeros, or of empty strings. Floats are held in binary64 whatever their element type. */
export function zeros(elem: ElementType, dims: readonly number[]): Tensor {
  const size = sizeOf(dims);
  return { elem, dims, data: isFloat(elem) ? new Float64Array(size) : blank(elem, size) };
}

/** Copies elements under other dims. Never shares them: whoever receives an output may write to it. */
export function copyOf(t: Tensor, dims: readonly number[] = t.dims): Tensor {
  const copy = zeros(t.elem, dims);
  const [from, to] = [elementsOf(t.data), elementsOf(copy.data)];
  for (let i = 0; i < to.length; i++) to[i] = from[i]!;
  return copy;
}

/** The same for values of every kind. */
export function copyOfValue(value: RuntimeValue): RuntimeValue {
  if (isTensor(value)) return copyOf(value);
  if (value.kind === "sequence") return { ...value, items: value.items.map(copyOfValue) };
  return value.kind === "map" ? { ...value, keys: copyOf(value.keys), values: copyOf(value.values) } : value;
}

/** One int64 without dims. */
export function int64Scalar(x: number): Tensor {
  return { elem: "int64", dims: [], data: BigInt64Array.of(BigInt(x)) };
}

/** One bool without dims. */
export function boolScalar(x: boolean): Tensor {
  return { elem: "bool", dims: [], data: Uint8Array.of(x ? 1 : 0) };
}

/**
 * Elements to compare or move, in code that treats numbers, bigints and strings alike: index them, and nothing else.
 * TypeScript has no name for "numbers, or else bigints, throughout"; both sides of a move must come from tensors of one element type.
 */
export function elementsOf(data: TensorData): Float64Array {
  return data as Float64Array;
}

/** True for the elements of int64 and uint64, which are bigints. */
export function isBig(data: TensorData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}
