import { optionalInts, defineOp, inputType, shapeError, type InferContext } from "./define.js";
import { constantInts, shapeOf } from "./checks.js";
import { normalizeAxes } from "./dims.js";
import { checkedType } from "./limits.js";

/** The middle of the input, cropped or padded with zeros to the sizes that the second input gives for `axes` (all). */
export const centerCropPad = defineOp({
  name: "CenterCropPad",
  arity: [2, 2],
  attributes: { axes: { type: "ints" } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const shape = shapeOf(context, 0);
    if (!shape) return [{ elem, shape }];
    const targets = cropTargets(context, shape.length);
    return [
      checkedType(
        node,
        elem,
        shape.map((dim, axis) => (targets.has(axis) ? targets.get(axis)! : dim)),
      ),
    ];
  },
});

/** The size that each axis is to have, null where not known; axes that stay are not listed. */
export function cropTargets(context: InferContext, rank: number): Map<number, number | null> {
  const { node } = context;
  const named = optionalInts(node, "axes");
  const axes = named ? normalizeAxes(node, named, rank) : Array.from({ length: rank }, (_, axis) => axis);
  const sizes = constantInts(context, 1, "shape");
  if (sizes && sizes.length !== axes.length) {
    throw shapeError(node, `CenterCropPad has ${sizes.length} sizes for ${axes.length} axes`);
  }
  return new Map(axes.map((axis, i) => [axis, sizes ? sizes[i]! : null]));
}
