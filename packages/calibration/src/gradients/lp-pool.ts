import { intAttr, intsAttr, resolveWindow, sizeOf } from "@mpplan/ir";
import { forEachWindow } from "@mpplan/runtime";
import { normSlope } from "./reduce.js";
import { numbersOf, type GradientRule } from "./rule.js";

/** Every element of a window gets what the norm got, by how much of the norm it is. */
export const lpPool: GradientRule = ({ node, inputs, outputs }) => {
  const [x, y] = [numbersOf(inputs[0]), numbersOf(outputs[0])];
  const { dims } = inputs[0]!;
  const spatial = dims.slice(2);
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const planes = sizeOf(dims.slice(0, 2));
  const [planeSize, places] = [sizeOf(spatial), sizeOf(window.output)];
  const slope = normSlope(intAttr(node, "p"));
  return ([g], room) => {
    const result = room(x.length);
    forEachWindow(spatial, window, (place, taps, count) => {
      for (let plane = 0; plane < planes; plane++) {
        const at = plane * places + place;
        if (g![at] === 0) continue;
        for (let t = 0; t < count; t++) {
          const i = plane * planeSize + taps[t]!;
          result[i]! += g![at]! * slope(x[i]!, y[at]!);
        }
      }
    });
    return [result];
  };
};
