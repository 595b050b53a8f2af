// Pools over all spatial axes of every channel; the axes stay as ones.
import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, type AttrSpec, type OpDefinition } from "./define.js";

/** The mean of every channel. */
export const globalAveragePool = globalPool("GlobalAveragePool");

/** The p-norm of every channel: the p-th root of the sum of |x|^p. */
export const globalLpPool = globalPool("GlobalLpPool", { p: { type: "int", default: 2 } });

/** The maximum of every channel; NaN always wins. */
export const globalMaxPool = globalPool("GlobalMaxPool");

function globalPool<const Name extends string>(
  name: Name,
  attributes: Readonly<Record<string, AttrSpec>> = {},
): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [1, 1],
    attributes,
    infer(context) {
      const elem = requireElement(context.node, inputType(context, 0).elem, "float");
      const shape = shapeOf(context, 0, 3);
      return [{ elem, shape: shape && shape.map((dim, axis) => (axis < 2 ? dim : 1)) }];
    },
  });
}
