import { constantScalar, inputElement, shapeOf } from "./checks.js";
import { defineOp, intAttr, shapeError } from "./define.js";
import { normalizeAxis } from "./dims.js";

/**
 * The k largest, or smallest, elements along `axis`, best first, and where they were. Of equal elements the first
 * comes first; NaN counts as the largest. Inputs: X, k. Unsorted, as `sorted` = 0 allows, they are sorted all the same.
 */
export const topK = defineOp({
  name: "TopK",
  arity: [2, 2],
  attributes: {
    axis: { type: "int", default: -1 },
    largest: { type: "int", default: 1 },
    sorted: { type: "int", default: 1 },
  },
  infer(context) {
    const { node } = context;
    const elem = inputElement(context, 0, "numeric");
    inputElement(context, 1, "index", "k");
    const input = shapeOf(context, 0, 1);
    const k = constantScalar(context, 1, "k");
    if (!input) return [elem, "int64" as const].map((each) => ({ elem: each, shape: null }));
    const axis = normalizeAxis(node, intAttr(node, "axis"), input.length);
    const size = input[axis]!;
    if (k !== undefined && (k < 0 || (typeof size === "number" && k > size))) {
      throw shapeError(node, `TopK takes ${k} of the ${size ?? "unknown"} elements of axis ${axis}`);
    }
    const shape = input.map((dim, i) => (i === axis ? (k ?? null) : dim));
    return [
      { elem, shape },
      { elem: "int64", shape },
    ];
  },
});
