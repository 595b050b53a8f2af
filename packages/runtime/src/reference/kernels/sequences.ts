import {
  elementAttr,
  intAttr,
  isTensor,
  normalizeAxis,
  ops,
  shapeError,
  toNumbers,
  valueTypeOf,
  type Node,
  type RuntimeValue,
  type SequenceValue,
  type Tensor,
} from "@mpplan/ir";
import { need, overValues } from "../kernel.js";
import { joined } from "./concat.js";
import { contextOf, copyOfValue, int64Scalar } from "./tensors.js";

export const concatFromSequence = overValues((inputs, node) => {
  const items = sequenceOf(inputs, node).items as readonly Tensor[];
  const [first] = items;
  if (!first) throw shapeError(node, "ConcatFromSequence joins a sequence without items");
  const fresh = intAttr(node, "new_axis") !== 0;
  const axis = normalizeAxis(node, intAttr(node, "axis"), first.dims.length + (fresh ? 1 : 0));
  const parts = items.map((item) =>
    fresh ? { ...item, dims: [...item.dims.slice(0, axis), 1, ...item.dims.slice(axis)] } : item,
  );
  const dims = parts[0]!.dims.map((dim, i) =>
    i === axis ? parts.reduce((sum, part) => sum + part.dims[axis]!, 0) : dim,
  );
  const odd = parts.find(
    (part) => part.dims.length !== dims.length || part.dims.some((dim, i) => i !== axis && dim !== dims[i]),
  );
  if (odd) {
    throw shapeError(
      node,
      `ConcatFromSequence cannot join items of dims [${first.dims.join(", ")}] and [${odd.dims.join(", ")}] along axis ${axis}`,
    );
  }
  return [joined(parts, axis, dims)];
});

export const sequenceAt = overValues((inputs, node) => {
  const { items } = sequenceOf(inputs, node);
  return [copyOfValue(items[position(inputs, 1, node, items.length - 1, -1)]!)];
});

export const sequenceConstruct = overValues((inputs, node) => {
  const [type] = ops.SequenceConstruct.infer(contextOf(inputs, node));
  const items = inputs.map((_, i) => copyOfValue(need(inputs, i, node)));
  return [{ ...(type as { kind: "sequence"; of: SequenceValue["of"] }), items }];
});

export const sequenceEmpty = overValues((_, node) => [
  { kind: "sequence", of: { elem: elementAttr(node, "dtype"), shape: null }, items: [] },
]);

export const sequenceErase = overValues((inputs, node) => {
  const sequence = sequenceOf(inputs, node);
  const at = position(inputs, 1, node, sequence.items.length - 1, -1);
  return [{ ...sequence, items: sequence.items.filter((_, i) => i !== at).map(copyOfValue) }];
});

export const sequenceInsert = overValues((inputs, node) => {
  // The definition refuses an item of another element type.
  ops.SequenceInsert.infer(contextOf(inputs, node));
  const { of, items } = sequenceOf(inputs, node);
  const item = need(inputs, 1, node);
  const at = position(inputs, 2, node, items.length, items.length);
  const copies = items.map(copyOfValue);
  copies.splice(at, 0, copyOfValue(item));
  const open = isTensor(item) ? { elem: item.elem, shape: null } : valueTypeOf(item);
  return [{ kind: "sequence", of: items.length === 0 ? open : of, items: copies }];
});

export const sequenceLength = overValues((inputs, node) => [
  int64Scalar(sequenceOf(inputs, node).items.length),
]);

function sequenceOf(inputs: readonly (RuntimeValue | null)[], node: Node): SequenceValue {
  const value = need(inputs, 0, node);
  if (!isTensor(value) && value.kind === "sequence") return value;
  throw shapeError(
    node,
    `${node.op} needs a sequence, and is given ${isTensor(value) ? "a tensor" : value.kind}`,
  );
}

/** The position that an input gives, from 0 to `last`; `otherwise` where it is left out. Negative ones count from the end. */
function position(
  inputs: readonly (RuntimeValue | null)[],
  index: number,
  node: Node,
  last: number,
  otherwise: number,
): number {
  const { length } = sequenceOf(inputs, node).items;
  const given = inputs[index] ? toNumbers(inputs[index] as Tensor)[0]! : otherwise;
  const at = given < 0 ? given + length : given;
  if (at >= 0 && at <= last) return at;
  throw shapeError(
    node,
    `${node.op} is given the position ${given} in a sequence of ${length} items`,
    "check the positions that the model is given or computes",
  );
}
