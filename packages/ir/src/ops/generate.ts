// Operators whose output's shape is an input: Expand, ConstantOfShape, Range, Tile; and Size.
import { toNumbers, type Dim } from "../types.js";
import { constantInts, requireElement, shapeOf, sharedElement } from "./checks.js";
import { defineOp, inputConstant, inputType, shapeError, type InferContext } from "./define.js";
import { broadcastShapes } from "./dims.js";
import { checkedType } from "./limits.js";

/** A tensor of one value everywhere; without one, 0 of float32. */
export const constantOfShape = defineOp({
  name: "ConstantOfShape",
  arity: [1, 1],
  attributes: { value: { type: "tensor" } },
  infer(context) {
    const { node } = context;
    const value = node.attrs["value"] as { elem: "float32" } | undefined;
    return [checkedType(node, value?.elem ?? "float32", shapeFrom(context, 0, "shape"))];
  },
});

/** The input broadcast with a shape, in either direction. */
export const expand = defineOp({
  name: "Expand",
  arity: [2, 2],
  attributes: {},
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    return [checkedType(node, elem, broadcastShapes(node, shape, shapeFrom(context, 1, "shape")))];
  },
});

/** start, start + delta, ... up to but without limit. */
export const range = defineOp({
  name: "Range",
  arity: [3, 3],
  attributes: {},
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "numeric");
    const constants = [0, 1, 2].map((i) => inputConstant(context, i));
    if (!constants.every((t) => t)) return [{ elem, shape: [null] }];
    const [start, limit, delta] = constants.map((t) => toNumbers(t!)[0]!) as [number, number, number];
    if (delta === 0) throw shapeError(node, "Range has a delta of 0");
    return [checkedType(node, elem, [Math.max(Math.ceil((limit - start) / delta), 0)])];
  },
});

/** How many elements the input has, as an int64. */
export const size = defineOp({
  name: "Size",
  arity: [1, 1],
  attributes: {},
  infer: (context) => {
    inputType(context, 0);
    return [{ elem: "int64", shape: [] }];
  },
});

/** The input repeated along every axis as often as the second input says. */
export const tile = defineOp({
  name: "Tile",
  arity: [2, 2],
  attributes: {},
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const shape = shapeOf(context, 0);
    const repeats = constantInts(context, 1, "repeats");
    if (!shape || !repeats) return [{ elem, shape: shape && shape.map(() => null) }];
    if (repeats.length !== shape.length) {
      throw shapeError(node, `Tile has ${repeats.length} repeats for a tensor of rank ${shape.length}`);
    }
    const dims = shape.map((dim, axis): Dim => {
      if (typeof dim === "number") return dim * repeats[axis]!;
      return repeats[axis] === 1 ? dim : null;
    });
    return [checkedType(node, elem, dims)];
  },
});

/** The dims that an input lists, each null where it is not constant; null where not even their number is known. */
export function shapeFrom(context: InferContext, index: number, what: string): Dim[] | null {
  const { node } = context;
  const constant = constantInts(context, index, what);
  const negative = constant?.find((dim) => dim < 0);
  if (negative !== undefined) throw shapeError(node, `the ${what} of ${node.op} has the size ${negative}`);
  if (constant) return constant;
  const type = inputType(context, index);
  requireElement(node, type.elem, "index", what);
  const rank = type.shape?.[0];
  return typeof rank === "number" ? new Array<null>(rank).fill(null) : null;
}
