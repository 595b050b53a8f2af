import type { GradientRule } from "./rule.js";

/** Every pixel of a channel gets an equal share. */
export const globalAveragePool: GradientRule = ({ inputs, outputs }) => {
  const size = inputs[0]!.data.length;
  const planeSize = size / outputs[0]!.data.length;
  return ([g], room) => {
    const result = room(size);
    for (let plane = 0; plane < g!.length; plane++) {
      result.fill(g![plane]! / planeSize, plane * planeSize, (plane + 1) * planeSize);
    }
    return [result];
  };
};
