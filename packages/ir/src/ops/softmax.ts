import { requireElement } from "./checks.js";
import { defineOp, inputType, intAttr } from "./define.js";
import { normalizeAxis } from "./dims.js";

/** exp(x) / sum(exp(x)) along one axis. */
export const softmax = defineOp({
  name: "Softmax",
  arity: [1, 1],
  attributes: { axis: { type: "int", default: -1 } },
  infer(context) {
    const type = inputType(context, 0);
    requireElement(context.node, type.elem, "float");
    if (type.shape) normalizeAxis(context.node, intAttr(context.node, "axis"), type.shape.length);
    return [type];
  },
});
