import { constantScalar, inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError } from "./define.js";
import { normalizeAxis } from "./dims.js";
import { checkedType } from "./limits.js";

/**
 * A new axis of size `depth`, with the "on" value where the index says and the "off" value elsewhere; everywhere if the
 * index is out of range. Inputs: indices, depth, values (off, on).
 */
export const oneHot = defineOp({
  name: "OneHot",
  arity: [3, 3],
  attributes: { axis: { type: "int", default: -1 } },
  infer(context) {
    const { node } = context;
    inputElement(context, 0, "numeric", "indices");
    inputElement(context, 1, "numeric", "depth");
    const { elem } = inputType(context, 2);
    const values = shapeOf(context, 2, 1, 1)?.[0];
    if (typeof values === "number" && values !== 2) {
      throw shapeError(node, `the values of OneHot are two, off and on, but ${values} are given`);
    }
    const shape = shapeOf(context, 0);
    const depth = constantScalar(context, 1, "depth");
    if (!shape) return [{ elem, shape }];
    const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length + 1);
    const size = depth === undefined ? null : Math.trunc(depth);
    return [checkedType(node, elem, [...shape.slice(0, axis), size, ...shape.slice(axis)])];
  },
});
