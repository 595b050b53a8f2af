// Sequences of tensors. Positions count from the end where they are negative.
import { isTensorType, printValueType, type ValueType } from "../values.js";
import { hasInput, inputElement } from "./checks.js";
import { defineOp, elementAttr, inputValueType, intAttr, shapeError, type InferContext } from "./define.js";
import { normalizeAxis } from "./dims.js";
import { commonType } from "./if.js";
import type { Dim } from "../types.js";

/** The items of a sequence one after another along `axis`, or with `new_axis` along a new one. */
export const concatFromSequence = defineOp({
  name: "ConcatFromSequence",
  arity: [1, 1],
  attributes: { axis: { type: "int", required: true }, new_axis: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const item = itemType(context, 0);
    if (!isTensorType(item))
      throw shapeError(node, `ConcatFromSequence joins tensors, not ${printValueType(item)}`);
    const { elem, shape } = item;
    if (!shape) return [{ elem, shape }];
    const fresh = intAttr(node, "new_axis") !== 0;
    const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length + (fresh ? 1 : 0));
    const open: Dim[] = [null];
    return [{ elem, shape: [...shape.slice(0, axis), ...open, ...shape.slice(fresh ? axis : axis + 1)] }];
  },
});

/** The item at a position. */
export const sequenceAt = defineOp({
  name: "SequenceAt",
  arity: [2, 2],
  attributes: {},
  infer(context) {
    inputElement(context, 1, "index", "position");
    return [itemType(context, 0)];
  },
});

/** The inputs as a sequence. */
export const sequenceConstruct = defineOp({
  name: "SequenceConstruct",
  arity: [1, Infinity],
  attributes: {},
  infer(context) {
    const types = context.inputs.flatMap((_, i) => inputValueType(context, i) ?? []);
    const [first = { elem: "float32", shape: null }, ...rest] = types;
    return [{ kind: "sequence", of: rest.reduce<ValueType>((a, b) => together(context, a, b), first) }];
  },
});

/** A sequence without items. */
export const sequenceEmpty = defineOp({
  name: "SequenceEmpty",
  arity: [0, 0],
  attributes: { dtype: { type: "element", default: "float32" } },
  infer: ({ node }) => [{ kind: "sequence", of: { elem: elementAttr(node, "dtype"), shape: null } }],
});

/** The sequence without the item at a position, or without its last one. */
export const sequenceErase = defineOp({
  name: "SequenceErase",
  arity: [1, 2],
  attributes: {},
  infer(context) {
    if (hasInput(context, 1)) inputElement(context, 1, "index", "position");
    return [{ kind: "sequence", of: itemType(context, 0) }];
  },
});

/** The sequence with the second input put in before a position, or at the end. */
export const sequenceInsert = defineOp({
  name: "SequenceInsert",
  arity: [2, 3],
  attributes: {},
  infer(context) {
    if (hasInput(context, 2)) inputElement(context, 2, "index", "position");
    const item = inputValueType(context, 1);
    const sequence = inputValueType(context, 0);
    if (!sequence || !item) return [{ kind: "sequence", of: item ?? itemType(context, 0) }];
    return [{ kind: "sequence", of: together(context, itemType(context, 0), item) }];
  },
});

/** How many items a sequence has. */
export const sequenceLength = defineOp({
  name: "SequenceLength",
  arity: [1, 1],
  attributes: {},
  infer(context) {
    itemType(context, 0);
    return [{ elem: "int64", shape: [] }];
  },
});

/** The type of the items of an input. @throws IrError where it is known to be no sequence. */
function itemType(context: InferContext, index: number): ValueType {
  const { node } = context;
  const type = inputValueType(context, index);
  if (!type) return { elem: "float32", shape: null };
  if (!isTensorType(type) && type.kind === "sequence") return type.of;
  throw shapeError(
    node,
    `${node.op} needs a sequence as input number ${index + 1}, not ${printValueType(type)}`,
  );
}

function together({ node }: InferContext, a: ValueType, b: ValueType): ValueType {
  return commonType(node, a, b, `the items of a sequence are of one type, but ${node.op} puts together`);
}
