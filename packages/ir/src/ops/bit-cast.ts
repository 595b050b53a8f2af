import { bitsOf } from "../narrow.js";
import { defineOp, elementAttr, inputType, shapeError } from "./define.js";

/** The same bits as another element type of the same width. A bool has 8 bits; bits that are neither 0 nor 1 make it true. */
export const bitCast = defineOp({
  name: "BitCast",
  arity: [1, 1],
  attributes: { to: { type: "element", required: true } },
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    const to = elementAttr(node, "to");
    const known = Boolean(context.inputs[0]?.type);
    if (known && (elem === "string" || to === "string" || bitsOf(elem) !== bitsOf(to))) {
      throw shapeError(node, `BitCast from ${elem} to ${to}, which have not the same number of bits`);
    }
    return [{ elem: to, shape }];
  },
});
