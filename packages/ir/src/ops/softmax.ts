// Softmax and its kin: each turns the elements along one axis into weights. Its denominator is one value sum per line,
// as long as the axis, its terms exp(x - max), of one sign; Hardmax adds up nothing.
import { requireElement } from "./checks.js";
import { defineOp, inputType, intAttr, type OpDefinition } from "./define.js";
import { normalizeAxis } from "./dims.js";

/** exp(x) / sum(exp(x)) along one axis. */
export const softmax = alongAxis("Softmax");
/** x - ln sum(exp(x)) along one axis. */
export const logSoftmax = alongAxis("LogSoftmax");
/** 1 at the first of the largest elements along one axis, 0 elsewhere. */
export const hardmax = alongAxis("Hardmax");

function alongAxis<const Name extends string>(name: Name): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [1, 1],
    attributes: { axis: { type: "int", default: -1 } },
    infer(context) {
      const type = inputType(context, 0);
      requireElement(context.node, type.elem, "float");
      if (type.shape) normalizeAxis(context.node, intAttr(context.node, "axis"), type.shape.length);
      return [type];
    },
  });
}
