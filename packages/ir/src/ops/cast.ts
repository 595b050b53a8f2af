import { elementTypes, type ElementType } from "../types.js";
import { defineOp, inputType, stringAttr } from "./define.js";

/**
 * Converts every element to the element type `to`, spelled as in the IR.
 *
 * To float32: rounds to nearest-even. Float to integer: truncates toward zero; ONNX leaves what is out of range
 * open, here it saturates, and NaN becomes 0. Integer to integer: wraps. To bool: whether the element is not zero.
 */
export const cast = defineOp({
  name: "Cast",
  arity: [1, 1],
  attributes: {
    to: { type: "string", oneOf: elementTypes, required: true },
    // Both speak of 8-bit floats only, which are no element types here; listed because files may set them.
    round_mode: { type: "string", default: "up" },
    saturate: { type: "int", default: 1 },
  },
  infer: (context) => [
    { elem: stringAttr(context.node, "to") as ElementType, shape: inputType(context, 0).shape },
  ],
});
