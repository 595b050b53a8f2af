import { defineOp, inputType, intAttr } from "./define.js";
import type { Node } from "../graph.js";

/** The input's dims as int64, those from `start` to before `end`; both count from the end if negative, and clamp. */
export const shape = defineOp({
  name: "Shape",
  arity: [1, 1],
  attributes: { end: { type: "int" }, start: { type: "int", default: 0 } },
  infer(context) {
    const dims = inputType(context, 0).shape;
    if (!dims) return [{ elem: "int64", shape: [null] }];
    const { start, end } = shapeRange(context.node, dims.length);
    return [{ elem: "int64", shape: [end - start] }];
  },
});

/** Which axes a Shape reports of a tensor of that rank. */
export function shapeRange(node: Node, rank: number): { start: number; end: number } {
  const clamp = (axis: number): number => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
  const start = clamp(intAttr(node, "start"));
  const end = node.attrs["end"] === undefined ? rank : clamp(intAttr(node, "end"));
  return { start, end: Math.max(start, end) };
}
