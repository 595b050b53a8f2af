import { defineOp, inputType, intAttr } from "./define.js";
import { normalizeAxis, productOfDims } from "./dims.js";
import { checkedType } from "./limits.js";

/** A matrix: the axes before `axis` make up the rows, the others the columns. */
export const flatten = defineOp({
  name: "Flatten",
  arity: [1, 1],
  attributes: { axis: { type: "int", default: 1 } },
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    if (!shape) return [{ elem, shape: [null, null] }];
    const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length, shape.length);
    return [checkedType(node, elem, [productOfDims(shape.slice(0, axis)), productOfDims(shape.slice(axis))])];
  },
});
