import { constantInts } from "./checks.js";
import { defineOp, inputType } from "./define.js";
import { normalizeAxes } from "./dims.js";
import type { Dim } from "../types.js";

/** The input with axes of size 1 put in. Inputs: data, axes, which count in the output. */
export const unsqueeze = defineOp({
  name: "Unsqueeze",
  arity: [2, 2],
  attributes: {},
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    const axes = constantInts(context, 1, "axes");
    if (!shape || !axes) return [{ elem, shape: null }];
    const rank = shape.length + axes.length;
    const added = new Set(normalizeAxes(node, axes, rank));
    const rest = [...shape];
    const output = Array.from({ length: rank }, (_, axis): Dim => (added.has(axis) ? 1 : rest.shift()!));
    return [{ elem, shape: output }];
  },
});
