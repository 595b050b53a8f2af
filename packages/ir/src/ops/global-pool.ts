// Pools over all spatial axes of every channel; the axes stay as ones. All but the maximum are a value sum per channel.
import { requireElement, shapeOf, valuesOf } from "./checks.js";
import {
  defineOp,
  inputType,
  type AttrSpec,
  type InferContext,
  type OpDefinition,
  type SumShape,
} from "./define.js";

/** The mean of every channel. */
export const globalAveragePool = globalPool("GlobalAveragePool", { adds: "any sign" });

/** The p-norm of every channel: the p-th root of the sum of |x|^p. */
export const globalLpPool = globalPool("GlobalLpPool", {
  adds: "one sign",
  attributes: { p: { type: "int", default: 2 } },
});

/** The maximum of every channel; NaN always wins. */
export const globalMaxPool = globalPool("GlobalMaxPool");

function globalPool<const Name extends string>(
  name: Name,
  {
    attributes = {},
    adds,
  }: {
    readonly attributes?: Readonly<Record<string, AttrSpec>>;
    readonly adds?: "any sign" | "one sign";
  } = {},
): OpDefinition<Name> {
  const valueSums = (context: InferContext): SumShape | null => {
    const shape = shapeOf(context, 0, 3);
    if (!shape) return null;
    const [lines, terms] = [shape.slice(0, 2), shape.slice(2)];
    return valuesOf(context, { lines, terms, sameSign: adds === "one sign" });
  };
  return defineOp({
    ...(adds && { valueSums }),
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
