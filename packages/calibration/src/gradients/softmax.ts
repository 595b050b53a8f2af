import { intAttr, normalizeAxis } from "@mpplan/ir";
import { around } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/** p (g - sum(g p)) along the axis. */
export const softmax: GradientRule = ({ node, outputs }) => {
  const { dims } = outputs[0]!;
  const p = numbersOf(outputs[0]);
  const axis = normalizeAxis(node, intAttr(node, "axis"), dims.length);
  const { outer, inner } = around(dims, axis);
  const size = dims[axis]!;
  return ([g], room) => {
    const result = room(p.length);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        const first = o * size * inner + j;
        let mean = 0;
        for (let i = 0; i < size; i++) mean += g![first + i * inner]! * p[first + i * inner]!;
        for (let i = 0; i < size; i++) {
          const at = first + i * inner;
          result[at] = p[at]! * (g![at]! - mean);
        }
      }
    }
    return [result];
  };
};
