import { intAttr, intsAttr, resolveWindow, shapeError, sizeOf } from "@mpplan/ir";
import { need, summing } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";
import { forEachWindow } from "./window-taps.js";

export const averagePool = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const spatial = x.dims.slice(2);
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const planes = sizeOf(x.dims.slice(0, 2));
  const [planeSize, places] = [sizeOf(spatial), sizeOf(window.output)];
  const withPadding = intAttr(node, "count_include_pad") !== 0;

  const seen = new Float64Array(sizeOf(window.kernel));
  forEachWindow(spatial, window, (place, taps, count, covered) => {
    const divisor = withPadding ? covered : count;
    if (divisor === 0) throw shapeError(node, "a window of AveragePool covers no element of the input");
    for (let plane = 0; plane < planes; plane++) {
      for (let t = 0; t < count; t++) seen[t] = source[plane * planeSize + taps[t]!]!;
      target[plane * places + place] = add(seen, count) / divisor;
    }
  });
  return [result];
});
