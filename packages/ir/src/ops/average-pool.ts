import { requireElement, shapeOf, valuesOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { checkedType } from "./limits.js";
import { kernelOf, refuseEmptyWindows, windowAttributes, windowOutput } from "./window.js";

/**
 * The mean of every window. Padding counts as zeros with `count_include_pad`, otherwise not at all; what ceil_mode
 * lets a window reach beyond the padding never counts (as in PyTorch). One value sum per window; padding takes no step.
 */
export const averagePool = defineOp({
  name: "AveragePool",
  arity: [1, 1],
  attributes: {
    ...windowAttributes,
    ceil_mode: { type: "int", default: 0 },
    count_include_pad: { type: "int", default: 0 },
    kernel_shape: { type: "ints", required: true },
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
    return valuesOf(context, { lines, terms: kernel, sameSign: false });
  },
});
