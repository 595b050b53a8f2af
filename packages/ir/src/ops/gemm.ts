import { hasInput, products, sharedElement, shapeOf } from "./checks.js";
import { defineOp, flagAttr, shapeError, type InferContext } from "./define.js";
import { broadcastShapes, mergeDims, printShape, productOfKnown } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Dim } from "../types.js";

/**
 * alpha A B + beta C, with A [M, K] and B [K, N] after the transpositions asked for, and C broadcast to [M, N].
 * Every output element is one sum of K products; an output column is a neuron.
 */
export const gemm = defineOp({
  name: "Gemm",
  arity: [2, 3],
  attributes: {
    alpha: { type: "float", default: 1 },
    beta: { type: "float", default: 1 },
    transA: { type: "int", default: 0 },
    transB: { type: "int", default: 0 },
  },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float");
    const { m, n } = sizes(context);
    const c = hasInput(context, 2) ? shapeOf(context, 2, 0, 2) : null;
    const shape = [m, n];
    if (c) {
      // Broadcast one way only: C must not make the product larger.
      const both = broadcastShapes(node, shape, c)!;
      if (both.some((dim, axis) => typeof dim === "number" && shape[axis] === 1 && dim !== 1)) {
        throw shapeError(node, `the C ${printShape(c)} of Gemm does not broadcast to ${printShape(shape)}`);
      }
    }
    return [checkedType(node, elem, shape)];
  },
  sums(context) {
    const { m, n, k } = sizes(context);
    return products(n, typeof n === "number" ? productOfKnown([m]) * n : null, k);
  },
});

function sizes(context: InferContext): { m: Dim; n: Dim; k: Dim } {
  const { node } = context;
  const a = shapeOf(context, 0, 2, 2) ?? [null, null];
  const b = shapeOf(context, 1, 2, 2) ?? [null, null];
  const [m, ka] = flagAttr(node, "transA") ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [kb, n] = flagAttr(node, "transB") ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  const k = mergeDims(node, ka, kb, `the inner sizes of Gemm ${printShape(a)} x ${printShape(b)} must agree`);
  return { m, n, k };
}
