// Pools over regions of interest.
import { floatAttr, intAttr, intsAttr, shapeError, stringAttr, type Node } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

/** The most points that a bin is sampled at: a region may say that it reaches to infinity. */
const maxPoints = 2 ** 24;

export const roiAlign: ReferenceKernel = (inputs, node) => {
  const [x, rois] = [need(inputs, 0, node), need(inputs, 1, node)];
  const samples = need(inputs, 2, node).data as ArrayLike<number | bigint>;
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, boxes, target] = [elementsOf(x.data), elementsOf(rois.data), elementsOf(result.data)];
  const [, channels, height, width] = x.dims as [number, number, number, number];
  const [count, , binsY, binsX] = result.dims as [number, number, number, number];
  const scale = floatAttr(node, "spatial_scale");
  const ratio = intAttr(node, "sampling_ratio");
  const halfPixel = stringAttr(node, "coordinate_transformation_mode") === "half_pixel";
  const mean = stringAttr(node, "mode") === "avg";

  for (let r = 0; r < count; r++) {
    const sample = sampleOf(Number(samples[r]), x.dims[0]!, node);
    const [x1, y1, x2, y2] = [0, 1, 2, 3].map((i) => boxes[r * 4 + i]! * scale - (halfPixel ? 0.5 : 0)) as [
      number,
      number,
      number,
      number,
    ];
    const least = halfPixel ? -Infinity : 1;
    const binHeight = Math.max(y2 - y1, least) / binsY;
    const binWidth = Math.max(x2 - x1, least) / binsX;
    const pointsY = ratio > 0 ? ratio : Math.max(Math.ceil(binHeight), 0);
    const pointsX = ratio > 0 ? ratio : Math.max(Math.ceil(binWidth), 0);
    if (!(pointsY * pointsX <= maxPoints)) {
      throw shapeError(
        node,
        `region ${r} of RoiAlign asks for ${pointsY} x ${pointsX} points per bin`,
        "feed regions of the size of the image, or set sampling_ratio",
      );
    }
    for (let c = 0; c < channels; c++) {
      const plane = (sample * channels + c) * height * width;
      for (let bin = 0; bin < binsY * binsX; bin++) {
        const top = y1 + Math.floor(bin / binsX) * binHeight;
        const left = x1 + (bin % binsX) * binWidth;
        let sum = 0;
        let largest = -Infinity;
        for (let i = 0; i < pointsY; i++) {
          for (let j = 0; j < pointsX; j++) {
            const y = top + ((i + 0.5) * binHeight) / pointsY;
            const at = left + ((j + 0.5) * binWidth) / pointsX;
            const corners = weightedCorners(source, plane, height, width, y, at);
            for (const corner of corners) sum += corner;
            largest = Math.max(largest, ...corners);
          }
        }
        const points = pointsY * pointsX;
        const place = (r * channels + c) * binsY * binsX + bin;
        target[place] = mean ? sum / Math.max(points, 1) : points === 0 ? 0 : largest;
      }
    }
  }
  return [result];
};

/** The four elements around a point, each times its weight; zeros more than one element outside of the plane. */
function weightedCorners(
  source: Float64Array,
  plane: number,
  height: number,
  width: number,
  y: number,
  x: number,
): [number, number, number, number] {
  if (y < -1 || y > height || x < -1 || x > width) return [0, 0, 0, 0];
  const [top, left] = [Math.min(Math.max(y, 0), height - 1), Math.min(Math.max(x, 0), width - 1)];
  const [low, first] = [Math.floor(top), Math.floor(left)];
  const [high, last] = [Math.min(low + 1, height - 1), Math.min(first + 1, width - 1)];
  const [down, right] = [top - low, left - first];
  return [
    (1 - down) * (1 - right) * source[plane + low * width + first]!,
    (1 - down) * right * source[plane + low * width + last]!,
    down * (1 - right) * source[plane + high * width + first]!,
    down * right * source[plane + high * width + last]!,
  ];
}

export const maxRoiPool: ReferenceKernel = (inputs, node) => {
  const [x, rois] = [need(inputs, 0, node), need(inputs, 1, node)];
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, boxes, target] = [elementsOf(x.data), elementsOf(rois.data), elementsOf(result.data)];
  const [, channels, height, width] = x.dims as [number, number, number, number];
  const [binsY, binsX] = intsAttr(node, "pooled_shape") as [number, number];
  const scale = floatAttr(node, "spatial_scale");

  for (let r = 0; r < rois.dims[0]!; r++) {
    const sample = sampleOf(boxes[r * 5]!, x.dims[0]!, node);
    const [x1, y1, x2, y2] = [1, 2, 3, 4].map((i) => Math.round(boxes[r * 5 + i]! * scale)) as [
      number,
      number,
      number,
      number,
    ];
    // The corners count too, and a region turned over has the size 1.
    const binHeight = Math.max(y2 - y1 + 1, 1) / binsY;
    const binWidth = Math.max(x2 - x1 + 1, 1) / binsX;
    const inside = (at: number, size: number): number => Math.min(Math.max(at, 0), size);
    for (let c = 0; c < channels; c++) {
      const plane = (sample * channels + c) * height * width;
      for (let i = 0; i < binsY; i++) {
        for (let j = 0; j < binsX; j++) {
          const [top, bottom] = [
            inside(y1 + Math.floor(i * binHeight), height),
            inside(y1 + Math.ceil((i + 1) * binHeight), height),
          ];
          const [left, right] = [
            inside(x1 + Math.floor(j * binWidth), width),
            inside(x1 + Math.ceil((j + 1) * binWidth), width),
          ];
          let largest = top < bottom && left < right ? -Infinity : 0;
          for (let y = top; y < bottom; y++) {
            for (let at = left; at < right; at++)
              largest = Math.max(largest, source[plane + y * width + at]!);
          }
          target[((r * channels + c) * binsY + i) * binsX + j] = largest;
        }
      }
    }
  }
  return [result];
};

function sampleOf(index: number, batch: number, node: Node): number {
  if (Number.isInteger(index) && index >= 0 && index < batch) return index;
  throw shapeError(
    node,
    `a region of ${node.op} lies in sample ${index}, but there are ${batch}`,
    "feed regions of samples that exist, counted from 0",
  );
}
