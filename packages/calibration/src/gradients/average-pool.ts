import { intAttr, intsAttr, resolveWindow, sizeOf } from "@mpplan/ir";
import { forEachWindow } from "@mpplan/runtime";
import type { GradientRule } from "./rule.js";

/** Every element of a window gets its share of what the mean got. */
export const averagePool: GradientRule = ({ node, inputs }) => {
  const { dims } = inputs[0]!;
  const spatial = dims.slice(2);
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const planes = sizeOf(dims.slice(0, 2));
  const [planeSize, places] = [sizeOf(spatial), sizeOf(window.output)];
  const withPadding = intAttr(node, "count_include_pad") !== 0;
  return ([g], room) => {
    const result = room(planes * planeSize);
    forEachWindow(spatial, window, (place, taps, count, covered) => {
      const divisor = withPadding ? covered : count;
      for (let plane = 0; plane < planes; plane++) {
        const share = g![plane * places + place]! / divisor;
        if (share === 0) continue;
        for (let t = 0; t < count; t++) result[plane * planeSize + taps[t]!]! += share;
      }
    });
    return [result];
  };
};
