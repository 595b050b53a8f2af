import { hasInput, mergeShapes, sharedElement, shapeOf } from "./checks.js";
import { convAttributes, convShape } from "./conv-shapes.js";
import { defineOp, intAttr, shapeError } from "./define.js";
import { productOfDims } from "./dims.js";
import { checkedType } from "./limits.js";

const { dilations, pads, strides, group, kernel_shape } = convAttributes;

/**
 * Convolution whose taps lie where offsets move them, linearly interpolated there; zeros outside. Inputs: X
 * [N, C, ...], W [M, C / group, ...kernel], offsets [N, offset groups x taps x axes, ...out], bias [M], and a factor
 * for every tap [N, offset groups x taps, ...out].
 *
 * Sums: as Conv's, C / group x taps products, of an interpolated (and masked) input and a weight, not of one sign; an
 * output channel is a neuron. The interpolation is of 2^axes values and no part of the sum. No planned site yet.
 */
export const deformConv = defineOp({
  name: "DeformConv",
  arity: [3, 5],
  attributes: { dilations, group, kernel_shape, offset_group: { type: "int", default: 1 }, pads, strides },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float");
    const shape = convShape(context, { input: 0, weights: 1, bias: 3 });
    if (!shape) return [{ elem, shape }];
    const channels = shapeOf(context, 0)?.[1];
    const groups = intAttr(node, "offset_group");
    if (groups < 1 || (typeof channels === "number" && channels % groups !== 0)) {
      throw shapeError(
        node,
        `the ${channels ?? "?"} channels of DeformConv do not divide into ${groups} groups`,
      );
    }
    const axes = shape.length - 2;
    const taps = productOfDims(shapeOf(context, 1)?.slice(2) ?? [null]);
    const perPlace = typeof taps === "number" ? groups * taps : null;
    const offsets = [shape[0]!, perPlace === null ? null : perPlace * axes, ...shape.slice(2)];
    const given = shapeOf(context, 2, shape.length, shape.length);
    if (given) mergeShapes(node, given, offsets, "the offsets of DeformConv must fit its output");
    const mask = hasInput(context, 4) ? shapeOf(context, 4, shape.length, shape.length) : null;
    const factors = [shape[0]!, perPlace, ...shape.slice(2)];
    if (mask) mergeShapes(node, mask, factors, "the mask of DeformConv must fit its output");
    return [checkedType(node, elem, shape)];
  },
});
