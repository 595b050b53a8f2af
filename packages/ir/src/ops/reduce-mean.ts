import { constantInts, hasInput, requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, type InferContext } from "./define.js";
import { normalizeAxes } from "./dims.js";

/** The mean over some axes. Inputs: data, axes; without axes all of them, or none with `noop_with_empty_axes`. */
export const reduceMean = defineOp({
  name: "ReduceMean",
  arity: [1, 2],
  attributes: { keepdims: { type: "int", default: 1 }, noop_with_empty_axes: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    const shape = shapeOf(context, 0);
    const keep = intAttr(node, "keepdims") !== 0;
    if (!shape) return [{ elem, shape }];
    const axes = reducedAxes(context, shape.length);
    if (!axes) return [{ elem, shape: keep ? shape.map(() => null) : null }];
    const output = keep
      ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : shape.filter((_, axis) => !axes.includes(axis));
    return [{ elem, shape: output }];
  },
});

/** The axes that the mean is taken over, or null where they are not constant. */
export function reducedAxes(context: InferContext, rank: number): number[] | null {
  const { node } = context;
  const axes = constantInts(context, 1, "axes");
  if (hasInput(context, 1) && !axes) return null;
  if (axes && axes.length > 0) return normalizeAxes(node, axes, rank);
  return intAttr(node, "noop_with_empty_axes") !== 0 ? [] : Array.from({ length: rank }, (_, i) => i);
}
