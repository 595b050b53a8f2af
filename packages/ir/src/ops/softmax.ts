// Softmax and its kin: each turns the elements along one axis into weights. Its denominator is one value sum per line,
// as long as the axis, its terms exp(x - max), of one sign; Hardmax adds up nothing.
import { requireElement, shapeOf, valuesOf } from "./checks.js";
import {
  defineOp,
  inputType,
  intAttr,
  type InferContext,
  type OpDefinition,
  type SumShape,
} from "./define.js";
import { normalizeAxis } from "./dims.js";

/** exp(x) / sum(exp(x)) along one axis. */
export const softmax = alongAxis("Softmax", denominators);
/** x - ln sum(exp(x)) along one axis. */
export const logSoftmax = alongAxis("LogSoftmax", denominators);
/** 1 at the first of the largest elements along one axis, 0 elsewhere. */
export const hardmax = alongAxis("Hardmax");

function denominators(context: InferContext): SumShape | null {
  const shape = shapeOf(context, 0);
  if (!shape) return null;
  const axis = normalizeAxis(context.node, intAttr(context.node, "axis"), shape.length);
  const lines = shape.filter((_, i) => i !== axis);
  return valuesOf(context, { lines, terms: [shape[axis]!], sameSign: true });
}

function alongAxis<const Name extends string>(
  name: Name,
  valueSums?: OpDefinition["valueSums"],
): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [1, 1],
    attributes: { axis: { type: "int", default: -1 } },
    ...(valueSums && { valueSums }),
    infer(context) {
      const type = inputType(context, 0);
      requireElement(context.node, type.elem, "float");
      if (type.shape) normalizeAxis(context.node, intAttr(context.node, "axis"), type.shape.length);
      return [type];
    },
  });
}
