// Gathering single elements, and slices named by several coordinates. Negative indices count from the end.
import { inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError } from "./define.js";
import { exceeds, mergeDims, normalizeAxis, printShape } from "./dims.js";
import { checkedType } from "./limits.js";

/** output[i][j] = data[indices[i][j]][j] for axis 0, and so on for the others: one element per index. */
export const gatherElements = defineOp({
  name: "GatherElements",
  arity: [2, 2],
  attributes: { axis: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    inputElement(context, 1, "index", "indices");
    const data = shapeOf(context, 0, 1);
    const indices = shapeOf(context, 1, 1);
    if (data && indices) {
      const axis = normalizeAxis(node, intAttr(node, "axis"), data.length);
      const fits =
        data.length === indices.length && data.every((dim, i) => i === axis || !exceeds(indices[i], dim));
      if (!fits) {
        throw shapeError(
          node,
          `the indices ${printShape(indices)} of GatherElements do not lie within data of ${printShape(data)}`,
        );
      }
    }
    return [{ elem, shape: indices }];
  },
});

/** The slices whose coordinates the last axis of the indices lists, after `batch_dims` axes that both share. */
export const gatherND = defineOp({
  name: "GatherND",
  arity: [2, 2],
  attributes: { batch_dims: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    inputElement(context, 1, "index", "indices");
    const data = shapeOf(context, 0, 1);
    const indices = shapeOf(context, 1, 1);
    const last = indices?.at(-1);
    if (!data || !indices || typeof last !== "number") return [{ elem, shape: null }];
    const batch = intAttr(node, "batch_dims");
    if (batch < 0 || batch >= indices.length || batch + last > data.length) {
      throw shapeError(
        node,
        `GatherND takes ${last} coordinates after ${batch} shared axes, of indices ${printShape(indices)} and data ${printShape(data)}`,
      );
    }
    const shared = data
      .slice(0, batch)
      .map((dim, i) => mergeDims(node, dim, indices[i]!, `axis ${i} of GatherND is to be shared`));
    const output = [...shared, ...indices.slice(batch, -1), ...data.slice(batch + last)];
    return [checkedType(node, elem, output)];
  },
});
