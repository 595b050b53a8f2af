// What an operator tells of itself: its attributes, the types it yields, and the sums it carries out.
import { IrError } from "../errors.js";
import { describeNode, isBody, type Attrs, type Body, type Node, type Value } from "../graph.js";
import type { ElementType, Tensor, TensorType } from "../types.js";
import { printValueType, type ValueType } from "../values.js";

/** One attribute: its type, and the value it has when the file leaves it out (undefined: none). */
export type AttrSpec =
  | { readonly type: "int"; readonly default?: number; readonly required?: true }
  | { readonly type: "float"; readonly default?: number; readonly required?: true }
  | {
      readonly type: "string";
      readonly default?: string;
      readonly oneOf?: readonly string[];
      readonly required?: true;
    }
  | { readonly type: "ints"; readonly default?: readonly number[]; readonly required?: true }
  | { readonly type: "floats"; readonly default?: readonly number[]; readonly required?: true }
  | { readonly type: "strings"; readonly default?: readonly string[]; readonly required?: true }
  | { readonly type: "tensor"; readonly required?: true }
  /** A number of TensorProto.DataType in a file, the name of an element type here. */
  | { readonly type: "element"; readonly default?: ElementType; readonly required?: true }
  /** A graph inside the node, see `Body`. */
  | { readonly type: "graph"; readonly required?: true }
  /** A TypeProto in a file. */
  | { readonly type: "value-type"; readonly required?: true };

/** A family of equally long sums inside a node, before it is tied to one. */
export interface SumShape {
  /** The units that a static plan decides: output features, output channels, or heads. */
  readonly neurons: number;
  /** Output elements per run: neurons x samples x pixels. */
  readonly components: number;
  /** Terms per sum; padding counts. */
  readonly length: number;
  /** What is added up: products of two operands, or plain values, such as the exponentials of a softmax. */
  readonly term: "value" | "product";
  /** True where all the terms of a sum are known to have one sign; of two statistics, those of at least one. */
  readonly sameSign: boolean;
}

/** What an operator sees of a node when it works out types: inputs as far as they are known. */
export interface InferContext {
  readonly node: Node;
  /** Per input, the value (type and constant as far as known), or null where the input is left out. */
  readonly inputs: readonly (Value | null)[];
}

export interface OpDefinition<Name extends string = string> {
  /** ONNX's name; for an operator of another domain, domain and name: `ai.onnx.ml.Scaler`. */
  readonly name: Name;
  /** The outputs are random numbers, so constants must not be made of them; a seed draws the same in every run. */
  readonly random?: true;
  /** Smallest and largest number of inputs, trailing optional ones counted. */
  readonly arity: readonly [number, number];
  readonly attributes: Readonly<Record<string, AttrSpec>>;
  /**
   * For operators with bodies: the types of what their bodies' own inputs are fed, given those of the node's inputs; for
   * bodies that state none.
   */
  feeds?(inputs: readonly (ValueType | null)[]): (ValueType | null)[];
  /** The types of the outputs. @throws IrError `shape` where the inputs cannot go together. */
  infer(context: InferContext): ValueType[];
  /** The sums of products that one run of the node carries out; null where the shapes are not known. */
  sums?(context: InferContext): SumShape | null;
  /** The sums of plain values, see `valuesOf`; null where the shapes are not known, and for integers, which are exact. */
  valueSums?(context: InferContext): SumShape | null;
}

export function defineOp<const Name extends string>(definition: OpDefinition<Name>): OpDefinition<Name> {
  return Object.freeze(definition);
}

/** An error about a node's inputs or attributes, in three beats. */
export function shapeError(
  node: Node,
  what: string,
  next = "correct the model, or export it again",
): IrError {
  return new IrError("shape", { what, where: describeNode(node), next });
}

/** The type of input `index`. @throws IrError where the input is missing. */
export function inputType({ node, inputs }: InferContext, index: number): TensorType {
  const type = inputs[index]?.type;
  if (type) return type;
  const container = inputs[index]?.container;
  if (container) {
    throw shapeError(
      node,
      `${node.op} needs a tensor as input number ${index + 1}, not ${printValueType(container)}`,
    );
  }
  if (inputs[index]) return { elem: "float32", shape: null };
  throw shapeError(node, `${node.op} needs an input number ${index + 1}`);
}

/** The type of input `index`, tensor or not; null where nothing is known. */
export function inputValueType({ inputs }: InferContext, index: number): ValueType | null {
  const value = inputs[index];
  return value?.container ?? value?.type ?? null;
}

export function inputConstant({ inputs }: InferContext, index: number): Tensor | undefined {
  return inputs[index]?.constant;
}

// Typed views of attributes. An operator's own list has been checked on import, so a miss here is our bug.
export function intAttr(node: { attrs: Attrs; op: string }, name: string): number {
  return expect(node, name, (x) => typeof x === "number") as number;
}
export const floatAttr = intAttr;
/** A flag. @throws IrError `shape` for what is neither 0 nor 1: readers would differ in what they take it for. */
export function flagAttr(node: Node, name: string): boolean {
  const value = intAttr(node, name);
  if (value === 0 || value === 1) return value === 1;
  throw shapeError(node, `the attribute "${name}" of ${node.op} is ${value}, but has to be 0 or 1`);
}
export function stringAttr(node: { attrs: Attrs; op: string }, name: string): string {
  return expect(node, name, (x) => typeof x === "string") as string;
}
export function intsAttr(node: { attrs: Attrs; op: string }, name: string): readonly number[] {
  return expect(node, name, Array.isArray) as readonly number[];
}
export function optionalInts(node: { attrs: Attrs }, name: string): readonly number[] | undefined {
  return node.attrs[name] as readonly number[] | undefined;
}
export function tensorAttr(node: { attrs: Attrs; op: string }, name: string): Tensor {
  return expect(node, name, (x) => typeof x === "object" && x !== null && "dims" in x) as Tensor;
}

export function stringsAttr(node: { attrs: Attrs; op: string }, name: string): readonly string[] {
  return expect(node, name, Array.isArray) as readonly string[];
}
export function elementAttr(node: { attrs: Attrs; op: string }, name: string): ElementType {
  return stringAttr(node, name) as ElementType;
}
export function bodyAttr(node: { attrs: Attrs; op: string }, name: string): Body {
  return expect(node, name, (x) => isBody(x as Body)) as Body;
}

function expect(node: { attrs: Attrs; op: string }, name: string, fits: (x: unknown) => boolean): unknown {
  const value = node.attrs[name];
  if (!fits(value)) throw new Error(`internal: ${node.op} has no usable attribute "${name}"`);
  return value;
}
