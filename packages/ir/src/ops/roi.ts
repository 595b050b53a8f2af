// Pools over regions of interest: boxes in the coordinates of an image, of which the feature map is a scaled copy.
import { mergeShapes, requireElement, shapeOf, sharedElement } from "./checks.js";
import { defineOp, inputType, intAttr, intsAttr, shapeError } from "./define.js";
import { checkedType } from "./limits.js";

/**
 * Samples every region at regular points, linearly interpolated, and takes the mean or the maximum in every bin; the
 * maximum is that of the weighted corners, as ONNX has it. Inputs: X [N, C, H, W], rois [R, 4] of x1, y1, x2, y2,
 * and for each the sample that it lies in [R].
 */
export const roiAlign = defineOp({
  name: "RoiAlign",
  arity: [3, 3],
  attributes: {
    coordinate_transformation_mode: {
      type: "string",
      default: "half_pixel",
      oneOf: ["half_pixel", "output_half_pixel"],
    },
    mode: { type: "string", default: "avg", oneOf: ["avg", "max"] },
    output_height: { type: "int", default: 1 },
    output_width: { type: "int", default: 1 },
    sampling_ratio: { type: "int", default: 0 },
    spatial_scale: { type: "float", default: 1 },
  },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float", [0, 1]);
    requireElement(node, inputType(context, 2).elem, "index", "batch indices");
    const x = shapeOf(context, 0, 4, 4);
    const rois = shapeOf(context, 1, 2, 2) ?? [null, 4];
    const samples = shapeOf(context, 2, 1, 1) ?? [null];
    const [count] = mergeShapes(
      node,
      rois,
      [samples[0]!, 4],
      "RoiAlign needs four numbers and a sample per region",
    );
    const [height, width] = [intAttr(node, "output_height"), intAttr(node, "output_width")];
    if (height < 1 || width < 1) throw shapeError(node, `RoiAlign has bins of ${height} x ${width}`);
    return [checkedType(node, elem, [count!, x?.[1] ?? null, height, width])];
  },
});

/**
 * The maximum of every bin of a region whose corners are rounded to whole elements; 0 where a bin lies outside.
 * Inputs: X [N, C, H, W], rois [R, 5] of sample, x1, y1, x2, y2.
 */
export const maxRoiPool = defineOp({
  name: "MaxRoiPool",
  arity: [2, 2],
  attributes: {
    pooled_shape: { type: "ints", required: true },
    spatial_scale: { type: "float", default: 1 },
  },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float");
    const x = shapeOf(context, 0, 4, 4);
    const rois = shapeOf(context, 1, 2, 2) ?? [null, 5];
    const [count] = mergeShapes(node, rois, [null, 5], "MaxRoiPool needs five numbers per region");
    const bins = intsAttr(node, "pooled_shape");
    if (bins.length !== 2 || bins.some((size) => size < 1)) {
      throw shapeError(node, `MaxRoiPool has a pooled_shape of [${bins.join(", ")}], but needs two sizes`);
    }
    return [checkedType(node, elem, [count!, x?.[1] ?? null, ...bins])];
  },
});
