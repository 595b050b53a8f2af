// Operators that only move elements: the kernel itself, run on the elements' numbers, tells where each came from.
import { tensor } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import type { GradientContext, GradientRule } from "./rule.js";

/** An element that was picked several times gets the sum; one that was not, nothing. */
const moved: GradientRule = (context) => {
  const size = context.inputs[0]!.data.length;
  const sources = sourcesOf(context);
  const { wanted } = context;
  return ([g], room) => {
    const result = wanted[0] ? room(size) : null;
    // Only Pad has another float input: the value that it pads with.
    const padding = wanted[2] ? room(1) : null;
    for (let i = 0; i < sources.length; i++) {
      if (sources[i]! > 0) {
        if (result) result[sources[i]! - 1]! += g![i]!;
      } else if (padding) padding[0]! += g![i]!;
    }
    return context.inputs.map((_, i) => (i === 0 ? result : i === 2 ? padding : null));
  };
};

export const gather = moved;
export const pad = moved;
export const slice = moved;
export const transpose = moved;

/** Per element of the output, the number of the input's element that it shows, from 1; 0 for padding. */
function sourcesOf({ node, inputs }: GradientContext): Int32Array {
  const { dims, data } = inputs[0]!;
  const numbers = tensor(
    "int32",
    dims,
    Int32Array.from(data as ArrayLike<number>, (_, i) => i + 1),
  );
  const rest = inputs.slice(1).map((t, i) => (node.op === "Pad" && i === 1 ? null : t));
  return evaluateNode(node, [numbers, ...rest])[0]!.data as Int32Array;
}
