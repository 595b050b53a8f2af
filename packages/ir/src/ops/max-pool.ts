import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { checkedType } from "./limits.js";
import { kernelOf, refuseEmptyWindows, windowAttributes, windowOutput } from "./window.js";
import type { Dim, TensorType } from "../types.js";

/**
 * The maximum of every window; padding never wins, NaN always does. A second output, where the node has one, holds
 * the maxima's positions in the flat input, int64: in row-major order, or with `storage_order` in column-major order
 * inside of every plane.
 */
export const maxPool = defineOp({
  name: "MaxPool",
  arity: [1, 1],
  attributes: {
    ...windowAttributes,
    ceil_mode: { type: "int", default: 0 },
    kernel_shape: { type: "ints", required: true },
    storage_order: { type: "int", default: 0 },
  },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "numeric");
    const withIndices = node.outputs.length > 1;
    const types = (shape: readonly Dim[] | null): TensorType[] => [
      checkedType(node, elem, shape),
      ...(withIndices ? [checkedType(node, "int64", shape)] : []),
    ];
    const shape = shapeOf(context, 0, 3);
    if (!shape) return types(null);
    const output = windowOutput(node, shape.slice(2), kernelOf(node));
    refuseEmptyWindows(node, kernelOf(node));
    return types([...shape.slice(0, 2), ...output]);
  },
});
