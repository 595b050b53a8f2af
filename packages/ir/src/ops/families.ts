// Definitions that differ in a name and a type only: one line per operator in the files beside this one.
import type { ElementType } from "../types.js";
import {
  hasInput,
  constantInts,
  requireElement,
  shapeOf,
  sharedElement,
  valuesOf,
  type Family,
} from "./checks.js";
import {
  defineOp,
  inputType,
  intAttr,
  type AttrSpec,
  type InferContext,
  type OpDefinition,
  type SumShape,
} from "./define.js";
import { broadcastShapes, normalizeAxes } from "./dims.js";
import { checkedType } from "./limits.js";

export interface FamilyOptions {
  readonly attributes?: Readonly<Record<string, AttrSpec>>;
  /** The element type of the output; left out where it is that of the inputs. */
  readonly yields?: ElementType;
}

/** A function of one element each: the shape stays. */
export function unaryOp<const Name extends string>(
  name: Name,
  family: Family,
  { attributes = {}, yields }: FamilyOptions = {},
): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [1, 1],
    attributes,
    infer(context) {
      const { elem, shape } = inputType(context, 0);
      requireElement(context.node, elem, family);
      return [{ elem: yields ?? elem, shape }];
    },
  });
}

/** A function of two elements each, of tensors of one element type that are broadcast. */
export function binaryOp<const Name extends string>(
  name: Name,
  family: Family,
  options: FamilyOptions = {},
): OpDefinition<Name> {
  return broadcastOp(name, [2, 2], family, options);
}

/** A function of the elements at one place of any number of broadcast tensors. */
export function variadicOp<const Name extends string>(name: Name, family: Family): OpDefinition<Name> {
  return broadcastOp(name, [1, Infinity], family, {});
}

function broadcastOp<const Name extends string>(
  name: Name,
  arity: readonly [number, number],
  family: Family,
  { attributes = {}, yields }: FamilyOptions,
): OpDefinition<Name> {
  return defineOp({
    name,
    arity,
    attributes,
    infer(context) {
      const { node, inputs } = context;
      const elem = sharedElement(context, family);
      const shapes = inputs.map((_, i) => inputType(context, i).shape);
      const shape = shapes.reduce((a, b) => broadcastShapes(node, a, b));
      return [checkedType(node, yields ?? elem, shape)];
    },
  });
}

/**
 * A reduction over some axes. Inputs: data, axes; without axes all of them, or none with `noop_with_empty_axes`.
 * `adds`: it adds something up, and whether all of that has one sign.
 */
export function reductionOp<const Name extends string>(
  name: Name,
  family: Family,
  { adds }: { readonly adds?: "any sign" | "one sign" } = {},
): OpDefinition<Name> {
  return defineOp({
    ...(adds && { valueSums: (context: InferContext) => reductionSums(context, adds === "one sign") }),
    name,
    arity: [1, 2],
    attributes: {
      keepdims: { type: "int", default: 1 },
      noop_with_empty_axes: { type: "int", default: 0 },
    },
    infer(context) {
      const { node } = context;
      const elem = requireElement(node, inputType(context, 0).elem, family);
      const shape = shapeOf(context, 0);
      const keep = intAttr(node, "keepdims") !== 0;
      if (!shape) return [{ elem, shape }];
      const axes = reducedAxes(context, shape.length);
      if (!axes) return [{ elem, shape: keep ? shape.map(() => null) : null }];
      const output = keep
        ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
        : shape.filter((_, axis) => !axes.includes(axis));
      return [{ elem, shape: output }];
    },
  });
}

function reductionSums(context: InferContext, sameSign: boolean): SumShape | null {
  const shape = shapeOf(context, 0);
  const axes = shape && reducedAxes(context, shape.length);
  if (!axes) return null;
  const [lines, terms] = [false, true].map((taken) => shape.filter((_, i) => axes.includes(i) === taken));
  return valuesOf(context, { lines: lines!, terms: terms!, sameSign });
}

/** The axes that a reduction takes together, or null where they are not constant. */
export function reducedAxes(context: InferContext, rank: number): number[] | null {
  const { node } = context;
  const axes = constantInts(context, 1, "axes");
  if (hasInput(context, 1) && !axes) return null;
  if (axes && axes.length > 0) return normalizeAxes(node, axes, rank);
  return intAttr(node, "noop_with_empty_axes") !== 0 ? [] : Array.from({ length: rank }, (_, i) => i);
}
