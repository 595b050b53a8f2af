// Resampling is linear, axis by axis: the transpose goes through the axes the other way.
import { resizedAxes } from "@mpplan/ir";
import { around, contextOf, resizeTaps, type Tap } from "@mpplan/runtime";
import type { GradientRule, Room } from "./rule.js";

interface Step {
  /** Per element along the axis of the output, what it is mixed from. */
  readonly taps: readonly (readonly Tap[])[];
  readonly from: number;
  readonly inner: number;
}

/** Every element gets, from all that it was mixed into, its weight there. What lies outside got a constant. */
export const resize: GradientRule = ({ node, inputs }) => {
  const { dims } = inputs[0]!;
  const steps: Step[] = [];
  const sofar = [...dims];
  for (const along of resizedAxes(contextOf(inputs, node), dims)!) {
    const { axis, from, to } = along;
    steps.push({ taps: resizeTaps(along, node), from, inner: around(sofar, axis).inner });
    sofar[axis] = to;
  }
  steps.reverse();
  return ([g], room) => {
    const result = steps.reduce((sum, step) => mixedBack(sum, step, room), g!);
    return inputs.map((_, i) => (i === 0 ? result : null));
  };
};

/** [outer, taps.length, inner] back to [outer, from, inner]. */
function mixedBack(g: Float64Array, { taps, from, inner }: Step, room: Room): Float64Array {
  const outer = taps.length === 0 ? 0 : g.length / (taps.length * inner);
  const result = room(outer * from * inner);
  for (let o = 0; o < outer; o++) {
    taps.forEach((own, i) => {
      const source = (o * taps.length + i) * inner;
      for (const { index, weight } of own) {
        const target = (o * from + index) * inner;
        for (let j = 0; j < inner; j++) result[target + j]! += weight * g[source + j]!;
      }
    });
  }
  return result;
}
