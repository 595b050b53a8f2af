// Sampling at points that a grid names, in coordinates from -1 to 1 along every axis, the last axis first.
import { mergeShapes, requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, shapeError } from "./define.js";
import { mergeDims } from "./dims.js";
import { shapeFrom } from "./generate.js";
import { checkedType } from "./limits.js";
import type { Dim } from "../types.js";

/**
 * The input at the points of a grid, interpolated over any number of spatial axes. Inputs: X [N, C, ...in], grid
 * [N, ...out, axes]. What lies outside is zero, the border, or mirrored there. A coordinate that is NaN yields NaN.
 */
export const gridSample = defineOp({
  name: "GridSample",
  arity: [2, 2],
  attributes: {
    align_corners: { type: "int", default: 0 },
    mode: { type: "string", default: "linear", oneOf: ["linear", "nearest", "cubic"] },
    padding_mode: { type: "string", default: "zeros", oneOf: ["zeros", "border", "reflection"] },
  },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    requireElement(node, inputType(context, 1).elem, "float", "grid");
    const x = shapeOf(context, 0, 3);
    const grid = shapeOf(context, 1, 3);
    if (!x || !grid) return [{ elem, shape: null }];
    if (x.length !== grid.length) {
      throw shapeError(
        node,
        `GridSample has an input of rank ${x.length}, but a grid of rank ${grid.length}`,
      );
    }
    mergeDims(node, grid.at(-1)!, x.length - 2, "GridSample needs one coordinate per spatial axis");
    const batch = mergeDims(node, x[0]!, grid[0]!, "GridSample needs a grid per sample");
    if (x.slice(2).includes(0) && !grid.includes(0)) {
      throw shapeError(node, "GridSample has an empty image to sample");
    }
    return [checkedType(node, elem, [batch, x[1]!, ...grid.slice(1, -1)])];
  },
});

/**
 * The grid of points that an affine map moves those of a regular grid to. Inputs: theta [N, axes, axes + 1], and
 * the sizes [N, C, ...out] that will be sampled; 2 or 3 axes.
 */
export const affineGrid = defineOp({
  name: "AffineGrid",
  arity: [2, 2],
  attributes: { align_corners: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    const theta = shapeOf(context, 0, 3, 3) ?? [null, null, null];
    const size = shapeFrom(context, 1, "size");
    if (!size) return [{ elem, shape: null }];
    const axes = size.length - 2;
    if (axes !== 2 && axes !== 3) throw shapeError(node, `AffineGrid has a size of ${size.length} numbers`);
    const [batch] = mergeShapes(
      node,
      theta,
      [size[0]!, axes, axes + 1],
      "the theta of AffineGrid must fit its size",
    ) as [Dim];
    return [checkedType(node, elem, [batch, ...size.slice(2), axes])];
  },
});
