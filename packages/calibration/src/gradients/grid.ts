// Sampling at the points of a grid, and the grids of affine maps: linear in what is sampled, and in the map.
import { sizeOf, type Tensor } from "@mpplan/ir";
import { evaluateNode, gridTaps } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/** Every element gets, from the points that read it, its weight there. Only for a grid that is not asked for. */
export const gridSample: GradientRule = ({ node, inputs, outputs, wanted }) => {
  if (wanted[1]) return null;
  const [batch, channels, ...spatial] = inputs[0]!.dims as [number, number, ...number[]];
  const [planeSize, places] = [sizeOf(spatial), sizeOf(outputs[0]!.dims.slice(2))];
  const tapsAt = gridTaps(spatial, inputs[1]!, node);
  // A point that is nowhere reads no element.
  const taps = Array.from({ length: batch * places }, (_, point) =>
    tapsAt(point).filter(({ index }) => !Number.isNaN(index)),
  );
  return ([g], room) => {
    const result = room(batch * channels * planeSize);
    for (let plane = 0; plane < batch * channels; plane++) {
      const first = Math.floor(plane / channels) * places;
      for (let place = 0; place < places; place++) {
        const gi = g![plane * places + place]!;
        if (gi === 0) continue;
        for (const { index, weight } of taps[first + place]!)
          result[plane * planeSize + index]! += weight * gi;
      }
    }
    return [result, null];
  };
};

/** Every entry gets what its row's coordinate got, times the coordinate that it multiplies, which the kernel shows. */
export const affineGrid: GradientRule = ({ node, inputs, outputs }) => {
  const { dims } = inputs[0]!;
  const [batch, rows, columns] = dims as [number, number, number];
  const size = inputs[1]!;
  const points = Array.from({ length: columns }, (_, column) => {
    const only: Tensor = { elem: "float64", dims, data: new Float64Array(sizeOf(dims)) };
    for (let row = 0; row < batch * rows; row++) (only.data as Float64Array)[row * columns + column] = 1;
    return numbersOf(evaluateNode(node, [only, size])[0]);
  });
  const places = outputs[0]!.data.length / (batch * rows);
  return ([g], room) => {
    const result = room(batch * rows * columns);
    for (let i = 0; i < g!.length; i++) {
      const line = Math.floor(i / (rows * places)) * rows + (i % rows);
      points.forEach((own, column) => (result[line * columns + column]! += g![i]! * own[i]!));
    }
    return [result, null];
  };
};
