import { floatAttr, intAttr } from "@mpplan/ir";
import { around } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/**
 * Of y = x b^-beta with b = bias + alpha / size * (sum of squares of the channels around):
 * dx_i = g_i b_i^-beta - 2 alpha beta / size * x_i * (sum of g_j x_j b_j^(-beta - 1) over the channels j that see i).
 */
export const lrn: GradientRule = ({ node, inputs }) => {
  const x = numbersOf(inputs[0]);
  const { dims } = inputs[0]!;
  const [alpha, beta, bias] = ["alpha", "beta", "bias"].map((name) => floatAttr(node, name)) as [
    number,
    number,
    number,
  ];
  const size = intAttr(node, "size");
  const [channels, { inner }] = [dims[1]!, around(dims, 1)];
  const [before, behind] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  /** The sum of f over so many channels before and behind that of element i. */
  const sumAround = (i: number, first: number, last: number, f: (j: number) => number): number => {
    const c = Math.floor(i / inner) % channels;
    let sum = 0;
    for (let at = Math.max(-first, -c); at <= Math.min(last, channels - 1 - c); at++)
      sum += f(i + at * inner);
    return sum;
  };
  const bases = x.map((_, i) => bias + (alpha / size) * sumAround(i, before, behind, (j) => x[j]! ** 2));
  const bends = x.map((value, i) => value * bases[i]! ** (-beta - 1));
  return ([g], room) => {
    const result = room(x.length);
    for (let i = 0; i < x.length; i++) {
      // Those that see i have it behind where i has them before.
      const seen = sumAround(i, behind, before, (j) => g![j]! * bends[j]!);
      result[i] = g![i]! * bases[i]! ** -beta - ((2 * alpha * beta) / size) * x[i]! * seen;
    }
    return [result];
  };
};
