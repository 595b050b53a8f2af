// Blocks of pixels to channels and back.
import { shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError } from "./define.js";
import { checkedType } from "./limits.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

/** [N, C, H, W] to [N, C / b^2, H b, W b]: of the channels, the block's rows and columns come first (DCR) or last (CRD). */
export const depthToSpace = defineOp({
  name: "DepthToSpace",
  arity: [1, 1],
  attributes: {
    blocksize: { type: "int", required: true },
    mode: { type: "string", default: "DCR", oneOf: ["DCR", "CRD"] },
  },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const block = blockOf(node);
    const shape = shapeOf(context, 0, 4, 4);
    if (!shape) return [{ elem, shape }];
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    return [checkedType(node, elem, [n, quotient(node, c, block * block), times(h, block), times(w, block)])];
  },
});

/** [N, C, H, W] to [N, C b^2, H / b, W / b]: the inverse of DepthToSpace in mode DCR. */
export const spaceToDepth = defineOp({
  name: "SpaceToDepth",
  arity: [1, 1],
  attributes: { blocksize: { type: "int", required: true } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const block = blockOf(node);
    const shape = shapeOf(context, 0, 4, 4);
    if (!shape) return [{ elem, shape }];
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    return [
      checkedType(node, elem, [
        n,
        times(c, block * block),
        quotient(node, h, block),
        quotient(node, w, block),
      ]),
    ];
  },
});

function blockOf(node: Node): number {
  const block = intAttr(node, "blocksize");
  if (block >= 1) return block;
  throw shapeError(node, `${node.op} has the blocksize ${block}`);
}

function times(dim: Dim, factor: number): Dim {
  if (typeof dim === "number") return dim * factor;
  return factor === 1 ? dim : null;
}

function quotient(node: Node, dim: Dim, divisor: number): Dim {
  if (typeof dim !== "number") return divisor === 1 ? dim : null;
  if (dim % divisor === 0) return dim / divisor;
  throw shapeError(node, `${node.op} cuts a dimension of ${dim} into parts of ${divisor}`);
}
