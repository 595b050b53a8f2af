import { toNumbers, type Tensor } from "../types.js";
import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputConstant, inputType, intAttr, shapeError } from "./define.js";
import { normalizeAxis } from "./dims.js";
import { checkedType } from "./limits.js";

/** The slices of the input along `axis` that the indices name; a negative index counts from the end. */
export const gather = defineOp({
  name: "Gather",
  arity: [2, 2],
  attributes: { axis: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const data = inputType(context, 0);
    const indices = inputType(context, 1);
    // An input of which nothing is known passes for float32, see inputType.
    if (context.inputs[1]?.type) requireElement(node, indices.elem, "index", "indices");
    const shape = shapeOf(context, 0, 1);
    if (!shape) return [{ elem: data.elem, shape: null }];

    const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length);
    const size = shape[axis]!;
    const constant = inputConstant(context, 1);
    if (constant && typeof size === "number") {
      const { least, most } = rangeOf(constant);
      const wrong = least < -size ? least : most;
      if (least < -size || most >= size) {
        throw shapeError(node, `Gather has an index ${wrong}, but axis ${axis} has only ${size} elements`);
      }
    }
    if (!indices.shape) return [{ elem: data.elem, shape: null }];
    const output = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
    return [checkedType(node, data.elem, output)];
  },
});

/** Of every tensor of indices, once: a large one that many nodes share is not read for each of them. */
const ranges = new WeakMap<Tensor, { least: number; most: number }>();

function rangeOf(indices: Tensor): { least: number; most: number } {
  let range = ranges.get(indices);
  if (!range) {
    range = { least: Infinity, most: -Infinity };
    for (const index of toNumbers(indices)) {
      range.least = Math.min(range.least, index);
      range.most = Math.max(range.most, index);
    }
    ranges.set(indices, range);
  }
  return range;
}
