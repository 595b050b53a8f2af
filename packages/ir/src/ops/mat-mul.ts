import { hasInput, products, sharedElement, shapeOf } from "./checks.js";
import { defineOp, shapeError, type InferContext } from "./define.js";
import { broadcastShapes, mergeDims, printShape, productOfKnown } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Dim } from "../types.js";

const operands = { a: 0, b: 1, bias: 2 };

/**
 * Matrix product as numpy's `matmul`: leading axes are a broadcast batch, a list is a row on the left and a column
 * on the right. Every output element is one sum of K products.
 *
 * Beyond ONNX it takes a third input, a bias of shape [N] that is added along the last axis; a pass puts it there.
 *
 * The neurons are the output columns where the right operand is a constant matrix or list (weights). Otherwise
 * they are the heads: one per matrix of the right operand, broadcast to the batch.
 */
export const matMul = defineOp({
  name: "MatMul",
  arity: [2, 3],
  attributes: {},
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float");
    const sizes = matrixSizes(context, operands);
    if (!sizes) return [{ elem, shape: null }];
    const { batch, rows, columns } = sizes;
    return [checkedType(node, elem, [...batch, ...rows, ...columns])];
  },
  sums(context) {
    const sizes = matrixSizes(context, operands);
    const right = context.inputs[1];
    if (!sizes || !right) return null;
    const { batch, rows, columns, k } = sizes;
    const n = columns.length === 0 ? 1 : columns[0]!;
    if (typeof n !== "number") return null;
    const oneMatrix = (right.type?.shape?.length ?? 0) <= 2;
    if (!oneMatrix && !opensFromTheLeft(batch)) return null;
    const heads = oneMatrix ? 1 : productOfKnown(batch);
    const components = productOfKnown(batch) * productOfKnown(rows) * n;
    return products(right.constant && oneMatrix ? n : heads, components, k);
  },
});

/** Heads are numbered within a sample, so that axes of unknown size have to come before them. */
function opensFromTheLeft(batch: readonly Dim[]): boolean {
  const firstKnown = batch.findIndex((dim) => typeof dim === "number" && dim > 1);
  return firstKnown < 0 || batch.slice(firstKnown).every((dim) => typeof dim === "number");
}

/** The sizes of a product; `rows` and `columns` are empty where that operand is a list. Null: a rank is unknown. */
export function matrixSizes(
  context: InferContext,
  at: { a: number; b: number; bias?: number },
): { batch: Dim[]; rows: Dim[]; columns: Dim[]; k: Dim } | null {
  const { node } = context;
  const a = shapeOf(context, at.a, 1);
  const b = shapeOf(context, at.b, 1);
  if (!a || !b) return null;
  const inner = `the inner sizes of ${node.op} ${printShape(a)} x ${printShape(b)} must agree`;
  const k = mergeDims(node, a.at(-1)!, b.at(b.length === 1 ? 0 : -2)!, inner);
  const rows: Dim[] = a.length === 1 ? [] : [a.at(-2)!];
  let columns: Dim[] = b.length === 1 ? [] : [b.at(-1)!];
  if (at.bias !== undefined && hasInput(context, at.bias)) {
    if (b.length === 1)
      throw shapeError(node, "MatMul by a list yields no columns that a bias could be added to");
    const bias = shapeOf(context, at.bias, 1, 1)?.[0] ?? null;
    columns = [mergeDims(node, columns[0]!, bias, "the bias of MatMul must fit its columns")];
  }
  return { batch: broadcastShapes(node, a.slice(0, -2), b.slice(0, -2))!, rows, columns, k };
}
