import { intAttr, intsAttr, resolveWindow, shapeError, sizeOf } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions } from "./positions.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";
import { forEachWindow } from "./window-taps.js";

export const maxPool: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const indices = new BigInt64Array(result.data.length);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const spatial = x.dims.slice(2);
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const planes = sizeOf(x.dims.slice(0, 2));
  const [planeSize, places] = [sizeOf(spatial), sizeOf(window.output)];

  const columnMajor = intAttr(node, "storage_order") !== 0 ? columnMajorPlaces(spatial) : null;

  forEachWindow(spatial, window, (place, taps, count) => {
    if (count === 0) throw shapeError(node, "a window of MaxPool covers no element of the input");
    for (let plane = 0; plane < planes; plane++) {
      let best = plane * planeSize + taps[0]!;
      for (let t = 1; t < count && !Number.isNaN(source[best]); t++) {
        const at = plane * planeSize + taps[t]!;
        if (source[at]! > source[best]! || Number.isNaN(source[at])) best = at;
      }
      target[plane * places + place] = source[best]!;
      indices[plane * places + place] = BigInt(
        columnMajor ? plane * planeSize + columnMajor[best - plane * planeSize]! : best,
      );
    }
  });
  return node.outputs.length > 1 ? [result, { elem: "int64", dims: result.dims, data: indices }] : [result];
};

/** For every element of a plane, where it comes if the first axis counts fastest. */
function columnMajorPlaces(spatial: readonly number[]): Int32Array {
  return positions(
    spatial,
    spatial.map((_, axis) => sizeOf(spatial.slice(0, axis))),
  );
}
