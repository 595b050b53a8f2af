import { intAttr, normalizeAxis } from "@mpplan/ir";
import { around } from "@mpplan/runtime";
import type { GradientRule } from "./rule.js";

/** Every part gets its own stretch back. */
export const concat: GradientRule = ({ node, inputs, outputs, wanted }) => {
  const { dims } = outputs[0]!;
  const axis = normalizeAxis(node, intAttr(node, "axis"), dims.length);
  const { outer, inner } = around(dims, axis);
  return ([g], room) => {
    const results = inputs.map((t, i) => (wanted[i] ? room(t!.data.length) : null));
    let from = 0;
    for (let o = 0; o < outer; o++) {
      for (const [i, part] of inputs.entries()) {
        const block = part!.dims[axis]! * inner;
        results[i]?.set(g!.subarray(from, from + block), o * block);
        from += block;
      }
    }
    return results;
  };
};
