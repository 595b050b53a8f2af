import { FormatError, formatNamed } from "@mpplan/formats";
import { requireElement } from "./checks.js";
import { defineOp, inputType, shapeError, stringAttr } from "./define.js";

/**
 * Rounds every element to the format of that name, to nearest-even, saturating. Ours, not ONNX's: a pass puts it
 * where operands are cast. The element type stays; its numbers become those of the format.
 */
export const roundTo = defineOp({
  name: "RoundTo",
  arity: [1, 1],
  attributes: { format: { type: "string", required: true } },
  infer(context) {
    const { node } = context;
    const type = inputType(context, 0);
    requireElement(node, type.elem, "float");
    try {
      formatNamed(stringAttr(node, "format"));
    } catch (error) {
      if (error instanceof FormatError) throw shapeError(node, `RoundTo: ${error.what}`, error.next);
      throw error;
    }
    return [type];
  },
});
