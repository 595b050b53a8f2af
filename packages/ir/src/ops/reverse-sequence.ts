import { inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError } from "./define.js";
import { mergeDims } from "./dims.js";

/** For every sample along `batch_axis`, its first elements along `time_axis` reversed, as many as the second input says. */
export const reverseSequence = defineOp({
  name: "ReverseSequence",
  arity: [2, 2],
  attributes: { batch_axis: { type: "int", default: 1 }, time_axis: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    inputElement(context, 1, "index", "lengths");
    const [batch, time] = [intAttr(node, "batch_axis"), intAttr(node, "time_axis")];
    if (!((batch === 0 && time === 1) || (batch === 1 && time === 0))) {
      throw shapeError(node, `the axes of ReverseSequence are 0 and 1, not ${batch} and ${time}`);
    }
    const shape = shapeOf(context, 0, 2);
    const count = shapeOf(context, 1, 1, 1)?.[0] ?? null;
    if (shape) mergeDims(node, shape[batch]!, count, "ReverseSequence needs one length per sample");
    return [{ elem, shape }];
  },
});
