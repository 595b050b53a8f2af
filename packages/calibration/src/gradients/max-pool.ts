import { intsAttr, resolveWindow, sizeOf } from "@mpplan/ir";
import { forEachWindow } from "@mpplan/runtime";
import type { GradientRule } from "./rule.js";

/** The first maximum of a window gets all of it, as it gave all of it: the choice is that of the kernel. */
export const maxPool: GradientRule = ({ node, inputs }) => {
  // Quantised elements have an order, too.
  const x = Float64Array.from(inputs[0]!.data as ArrayLike<number>);
  const { dims } = inputs[0]!;
  const spatial = dims.slice(2);
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const planes = sizeOf(dims.slice(0, 2));
  const [planeSize, places] = [sizeOf(spatial), sizeOf(window.output)];
  const winners = new Int32Array(planes * places);
  forEachWindow(spatial, window, (place, taps, count) => {
    for (let plane = 0; plane < planes; plane++) {
      let best = plane * planeSize + taps[0]!;
      for (let t = 1; t < count && !Number.isNaN(x[best]); t++) {
        const at = plane * planeSize + taps[t]!;
        if (x[at]! > x[best]! || Number.isNaN(x[at])) best = at;
      }
      winners[plane * places + place] = best;
    }
  });
  return ([g], room) => {
    const result = room(x.length);
    for (let i = 0; i < winners.length; i++) result[winners[i]!]! += g![i]!;
    return [result];
  };
};
