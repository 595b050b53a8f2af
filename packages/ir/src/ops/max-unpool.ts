import { constantInts, hasInput, mergeShapes, requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, shapeError } from "./define.js";
import { checkedType } from "./limits.js";
import { unpooledSizes } from "./transposed-window.js";
import { windowAttributes } from "./window.js";
import type { Dim } from "../types.js";

const { pads, strides } = windowAttributes;

/**
 * Puts the maxima of a MaxPool back where they came from, zeros elsewhere. Inputs: X, their positions in the flat
 * tensor of the sizes that kernel, strides and pads give, and a larger output shape, whose corner that tensor fills.
 */
export const maxUnpool = defineOp({
  name: "MaxUnpool",
  arity: [2, 3],
  attributes: { kernel_shape: { type: "ints", required: true }, pads, strides },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    requireElement(node, inputType(context, 1).elem, "index", "positions");
    const shape = shapeOf(context, 0, 3);
    const indices = shapeOf(context, 1, 3);
    if (shape && indices) {
      if (shape.length !== indices.length) {
        throw shapeError(
          node,
          `MaxUnpool has values of rank ${shape.length}, but positions of rank ${indices.length}`,
        );
      }
      mergeShapes(node, shape, indices, "MaxUnpool needs a position per value");
    }
    const natural = shape && [...shape.slice(0, 2), ...unpooledSizes(node, shape.slice(2))];
    const given = constantInts(context, 2, "output shape");
    if (!given) {
      return [checkedType(node, elem, hasInput(context, 2) ? (natural?.map(() => null) ?? null) : natural)];
    }
    const short = (dim: Dim, axis: number): boolean => typeof dim === "number" && given[axis]! < dim;
    if (natural && (natural.length !== given.length || natural.some(short))) {
      throw shapeError(
        node,
        `MaxUnpool should yield [${given.join(", ")}], which does not hold the [${natural.join(", ")}] of its window`,
      );
    }
    return [checkedType(node, elem, given)];
  },
});
