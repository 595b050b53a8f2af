// What operators ask of their inputs: element types, ranks, and lists of integers that have to be constant.
import {
  isFloat,
  isInteger,
  printType,
  toNumbers,
  type Dim,
  type ElementType,
  type TensorType,
} from "../types.js";
import { inputType, shapeError, type InferContext, type SumShape } from "./define.js";
import { mergeDims, productOfDims, productOfKnown } from "./dims.js";
import type { Node } from "../graph.js";

export type Family = keyof typeof families;

const families = {
  bool: (elem: ElementType) => elem === "bool",
  float: isFloat,
  integer: isInteger,
  signed: (elem: ElementType) => isFloat(elem) || elem.startsWith("int"),
  numeric: (elem: ElementType) => isFloat(elem) || isInteger(elem),
  ordered: (elem: ElementType) => elem !== "string",
  string: (elem: ElementType) => elem === "string",
  any: (_: ElementType) => true,
  index: (elem: ElementType) => elem === "int32" || elem === "int64",
};

const familyNames = {
  bool: "bool",
  float: "floats",
  integer: "integers",
  ordered: "numbers or bool",
  string: "strings",
  signed: "floats and signed integers",
  numeric: "numbers",
  any: "of any type",
  index: "int32 or int64",
} satisfies Record<keyof typeof families, string>;

/** Refuses an element type that the operator has no meaning for. */
export function requireElement(node: Node, elem: ElementType, family: Family, what = "input"): ElementType {
  if (families[family](elem)) return elem;
  throw shapeError(node, `the ${what} of ${node.op} is ${elem}, but has to be ${familyNames[family]}`);
}

/** The element type of an input, refused where it is known and of no such type. */
export function inputElement(
  context: InferContext,
  index: number,
  family: Family,
  what = "input",
): ElementType {
  const { elem } = inputType(context, index);
  // An input of which nothing is known passes for float32.
  return context.inputs[index]?.type ? requireElement(context.node, elem, family, what) : elem;
}

/** The number that a constant input of one element holds; undefined where it is left out or not constant. */
export function constantScalar(context: InferContext, index: number, what: string): number | undefined {
  const { node, inputs } = context;
  const constant = inputs[index]?.constant;
  if (!constant) return undefined;
  if (constant.data.length === 1) return toNumbers(constant)[0]!;
  throw shapeError(node, `the ${what} of ${node.op} is one number, but ${constant.data.length} are given`);
}

/** The element type that these inputs share. An input of which nothing is known agrees with any. */
export function sharedElement(context: InferContext, family: Family, indices?: number[]): ElementType {
  const { node, inputs } = context;
  const known = (indices ?? inputs.map((_, i) => i)).flatMap((index) => inputs[index]?.type ?? []);
  const [first, ...rest] = known;
  const other = rest.find((type) => type.elem !== first?.elem);
  if (first && other) {
    throw shapeError(
      node,
      `the inputs of ${node.op} differ in element type: ${printType(first)} and ${printType(other)}`,
      "cast one of them in the model",
    );
  }
  return first ? requireElement(node, first.elem, family) : "float32";
}

/** The shape of an input, null where unknown, refused where it has fewer axes than `least` or more than `most`. */
export function shapeOf(
  context: InferContext,
  index: number,
  least = 0,
  most = Infinity,
): readonly Dim[] | null {
  const type = inputType(context, index);
  const rank = type.shape?.length;
  if (rank !== undefined && (rank < least || rank > most)) {
    const wanted =
      least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    const { node } = context;
    throw shapeError(
      node,
      `input number ${index + 1} of ${node.op} has rank ${rank} (${printType(type)}), but needs ${wanted}`,
    );
  }
  return type.shape;
}

/** Integers of a list that tells of axes: far more than any operator has use for, and few enough to read for each node. */
const longestList = 1024;

/**
 * The integers that a constant input lists; undefined where the input is left out or not constant.
 * @throws IrError where it cannot be such a list
 */
export function constantInts(
  { node, inputs }: InferContext,
  index: number,
  what: string,
): number[] | undefined {
  const value = inputs[index];
  const type: TensorType | null = value?.constant
    ? { elem: value.constant.elem, shape: value.constant.dims }
    : (value?.type ?? null);
  if (!type) return undefined;
  requireElement(node, type.elem, "index", what);
  if (type.shape && type.shape.length > 1) {
    throw shapeError(node, `the ${what} of ${node.op} is a list, but is given as ${printType(type)}`);
  }
  if (value?.constant && value.constant.data.length > longestList) {
    const given = `is given as ${printType(type)}, longer than ${longestList}`;
    throw shapeError(node, `the ${what} of ${node.op} ${given}`);
  }
  return value?.constant && toNumbers(value.constant);
}

/** What is known of the dims that two inputs of one rank share. @throws IrError where they disagree. */
export function mergeShapes(node: Node, a: readonly Dim[], b: readonly Dim[], what: string): Dim[] {
  return a.map((dim, axis) => mergeDims(node, dim, b[axis]!, what));
}

/** True where the node names an input at that place, be it known or not. */
export function hasInput({ inputs }: InferContext, index: number): boolean {
  return Boolean(inputs[index]);
}

/** The sums of a node, or null where a size is unknown or nothing would be summed. */
export function products(neurons: Dim, components: Dim, length: Dim): SumShape | null {
  if (typeof neurons !== "number" || typeof components !== "number" || typeof length !== "number")
    return null;
  if (neurons === 0 || components === 0 || length === 0) return null;
  return { neurons, components, length, term: "product", sameSign: false };
}

/** What an operator says of its sums of plain values. */
export interface ValueSums {
  /** How many sums there are: the product of these, of which unknown ones count as 1. */
  readonly lines: readonly Dim[];
  /** How many terms each has: the product of these. */
  readonly terms: readonly Dim[];
  readonly sameSign: boolean;
  /** 2 where a line has two statistics, a mean and a variance; then there are twice as many sums. Default 1. */
  readonly neurons?: number;
}

/** The value sums of a node; null where a length is unknown, where fewer than two terms meet, and for integers. */
export function valuesOf(
  context: InferContext,
  { lines, terms, sameSign, neurons = 1 }: ValueSums,
): SumShape | null {
  const length = productOfDims(terms);
  const components = neurons * productOfKnown(lines);
  if (!isFloat(inputType(context, 0).elem) || typeof length !== "number") return null;
  return length < 2 || components === 0 ? null : { neurons, components, length, term: "value", sameSign };
}
