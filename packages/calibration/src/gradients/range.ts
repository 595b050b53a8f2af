import type { GradientRule } from "./rule.js";

/** Of start + i delta: 1 to the start, i to the delta; the limit only says how many there are. */
export const range: GradientRule =
  ({ wanted }) =>
  ([g], room) => {
    const [start, , delta] = wanted.map((asked, k) => (asked && k !== 1 ? room(1) : null));
    for (let i = 0; i < g!.length; i++) {
      if (start) start[0]! += g![i]!;
      if (delta) delta[0]! += i * g![i]!;
    }
    return [start ?? null, null, delta ?? null];
  };
