import { intAttr, normalizeAxis } from "@mpplan/ir";
import { linesAlong, sumsOf } from "./lines.js";
import { numbersOf, type GradientRule } from "./rule.js";

/** g - p sum(g) along the axis, with p = exp(y). */
export const logSoftmax: GradientRule = ({ node, outputs }) => {
  const { dims } = outputs[0]!;
  const p = numbersOf(outputs[0]).map(Math.exp);
  const lines = linesAlong(dims, [normalizeAxis(node, intAttr(node, "axis"), dims.length)]);
  return ([g], room) => {
    const sums = sumsOf(lines, (i) => g![i]!);
    const result = room(p.length);
    for (let i = 0; i < p.length; i++) result[i] = g![i]! - p[i]! * sums[lines.places[i]!]!;
    return [result];
  };
};
