// Where the largest or smallest elements along an axis are.
import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, type OpDefinition } from "./define.js";
import { normalizeAxis } from "./dims.js";

/** Of several equal ones the first, or with `select_last_index` the last. */
export const argMax = argOp("ArgMax");
export const argMin = argOp("ArgMin");

function argOp<const Name extends string>(name: Name): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [1, 1],
    attributes: {
      axis: { type: "int", default: 0 },
      keepdims: { type: "int", default: 1 },
      select_last_index: { type: "int", default: 0 },
    },
    infer(context) {
      const { node } = context;
      requireElement(node, inputType(context, 0).elem, "numeric");
      const shape = shapeOf(context, 0, 1);
      if (!shape) return [{ elem: "int64", shape }];
      const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length);
      const keep = intAttr(node, "keepdims") !== 0;
      const output = keep
        ? shape.map((dim, i) => (i === axis ? 1 : dim))
        : shape.filter((_, i) => i !== axis);
      return [{ elem: "int64", shape: output }];
    },
  });
}
