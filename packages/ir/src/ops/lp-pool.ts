import { requireElement, shapeOf, valuesOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { checkedType } from "./limits.js";
import { kernelOf, refuseEmptyWindows, windowAttributes, windowOutput } from "./window.js";

/**
 * The p-norm of every window: the p-th root of the sum of |x|^p, one value sum per window. Padding counts as zeros, so
 * not at all.
 */
export const lpPool = defineOp({
  name: "LpPool",
  arity: [1, 1],
  attributes: {
    ...windowAttributes,
    ceil_mode: { type: "int", default: 0 },
    kernel_shape: { type: "ints", required: true },
    p: { type: "int", default: 2 },
  },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    const shape = shapeOf(context, 0, 3);
    if (!shape) return [{ elem, shape }];
    const output = windowOutput(node, shape.slice(2), kernelOf(node));
    refuseEmptyWindows(node, kernelOf(node));
    return [checkedType(node, elem, [...shape.slice(0, 2), ...output])];
  },
  valueSums(context) {
    const shape = shapeOf(context, 0, 3);
    const kernel = kernelOf(context.node);
    if (!shape) return null;
    const lines = [...shape.slice(0, 2), ...windowOutput(context.node, shape.slice(2), kernel)];
    return valuesOf(context, { lines, terms: kernel, sameSign: true });
  },
});
