import { clip as clipTo } from "@mpplan/ir";
import { numbersOf, type GradientRule } from "./rule.js";

/** Elements strictly inside pass; outside, the bound that was met gets it. */
export const clip: GradientRule = ({ inputs, wanted }) => {
  const x = numbersOf(inputs[0]);
  const low = inputs[1] ? numbersOf(inputs[1])[0]! : -Infinity;
  const high = inputs[2] ? numbersOf(inputs[2])[0]! : Infinity;
  const { derivative } = clipTo(low, high);
  return ([g], room) => {
    const results = inputs.map((t, i) => (wanted[i] ? room(t!.data.length) : null));
    const [dx, dLow, dHigh] = results;
    for (let i = 0; i < x.length; i++) {
      if (dx && derivative(x[i]!) === 1) dx[i] = g![i]!;
      if (dHigh && Math.max(x[i]!, low) > high) dHigh[0]! += g![i]!;
      if (dLow && x[i]! < low && low <= high) dLow[0]! += g![i]!;
    }
    return results;
  };
};
