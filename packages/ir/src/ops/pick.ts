// Operators whose output is as large as the data say: Compress, NonZero, Unique.
import { inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { normalizeAxis } from "./dims.js";

/** The slices along `axis` where the condition, a list that may be shorter, holds; without axis, of the flat input. */
export const compress = defineOp({
  name: "Compress",
  arity: [2, 2],
  attributes: { axis: { type: "int" } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    inputElement(context, 1, "bool", "condition");
    shapeOf(context, 1, 1, 1);
    const given = node.attrs["axis"] as number | undefined;
    if (given === undefined) return [{ elem, shape: [null] }];
    const shape = shapeOf(context, 0, 1);
    const axis = shape && normalizeAxis(node, given, shape.length);
    return [{ elem, shape: shape && shape.map((dim, i) => (i === axis ? null : dim)) }];
  },
});

/** The coordinates of the elements that are not 0, one column each, in row-major order. */
export const nonZero = defineOp({
  name: "NonZero",
  arity: [1, 1],
  attributes: {},
  infer: (context) => [{ elem: "int64", shape: [inputType(context, 0).shape?.length ?? null, null] }],
});

/**
 * The different elements, or with `axis` the different slices, sorted or in the order in which they first occur. Outputs: they,
 * where each occurs first, which of them each of the input is, and how often each occurs. NaN equals NaN here.
 */
export const unique = defineOp({
  name: "Unique",
  arity: [1, 1],
  attributes: { axis: { type: "int" }, sorted: { type: "int", default: 1 } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const given = node.attrs["axis"] as number | undefined;
    const list = { elem: "int64", shape: [null] } as const;
    if (given === undefined) return [{ elem, shape: [null] }, list, list, list];
    const shape = shapeOf(context, 0, 1);
    const axis = shape && normalizeAxis(node, given, shape.length);
    return [{ elem, shape: shape && shape.map((dim, i) => (i === axis ? null : dim)) }, list, list, list];
  },
});
