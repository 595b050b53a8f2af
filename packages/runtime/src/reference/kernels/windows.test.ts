// Windows beyond the plain pools: norms, unpooling, blocks, regions, and convolution read backwards.
import { expect, test } from "vitest";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

test("norms of windows and of whole channels", () => {
  const x = floats([1, 1, 3], [3, -4, 12]);
  expect(listAfter("LpPool", [x], { kernel_shape: [2] })).toEqual([5, Math.sqrt(160)]);
  expect(listAfter("LpPool", [x], { kernel_shape: [2], pads: [1, 1], p: 1 })).toEqual([3, 7, 16, 12]);
  expect(listAfter("GlobalLpPool", [x])).toEqual([13]);
  expect(() => run("LpPool", [x], { kernel_shape: [2], p: 0 })).toThrow("norm of p = 0");
});

test("the largest of a channel; NaN wins, and an empty channel has none", () => {
  expect(listAfter("GlobalMaxPool", [floats([1, 2, 2], [-3, -1, 5, NaN])])).toEqual([-1, NaN]);
  expect(() => run("GlobalMaxPool", [floats([1, 1, 0], [])])).toThrow("no element");
  expect(listAfter("GlobalMaxPool", [floats([0, 2, 2], [])])).toEqual([]);
});

test("MaxPool counts its positions in column-major order where told to, plane by plane", () => {
  const x = counting(1, 2, 2, 3);
  const attrs = { kernel_shape: [1, 1], storage_order: 1 };
  const [, at] = run("MaxPool", [x], attrs, ["y", "at"]);
  expect([...at!.data]).toEqual([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11].map(BigInt));
});

test("MaxUnpool undoes MaxPool but for what was not the largest", () => {
  const x = floats([1, 1, 4], [1, 5, 7, 2]);
  const attrs = { kernel_shape: [2], strides: [2] };
  const [y, at] = run("MaxPool", [x], attrs, ["y", "at"]);
  expect(listAfter("MaxUnpool", [y!, at!], attrs)).toEqual([0, 5, 7, 0]);
  expect(listAfter("MaxUnpool", [y!, at!, ints(1, 1, 6)], attrs)).toEqual([0, 5, 7, 0, 0, 0]);
  expect(() => run("MaxUnpool", [y!, of("int64", [1, 1, 2], [1, 4])], attrs)).toThrow("the position 4");
  expect(() => run("MaxUnpool", [y!, at!, ints(1, 1, 3)], attrs)).toThrow("does not hold");
});

test("Col2Im adds where blocks overlap, and drops what lies in the padding", () => {
  const blocks = floats([1, 2, 3], [1, 2, 3, 4, 5, 6]);
  expect(listAfter("Col2Im", [blocks, ints(4), ints(2)])).toEqual([1, 6, 8, 6]);
  expect(listAfter("Col2Im", [blocks, ints(2), ints(2)], { pads: [1, 1] })).toEqual([6, 8]);
  expect(() => run("Col2Im", [blocks, ints(5), ints(2)])).toThrow("room for 4");
  expect(() => run("Col2Im", [blocks, ints(4), ints(3)])).toThrow("do not divide");
});

test("ConvTranspose is Conv's transpose: spread, cut and shifted", () => {
  const x = floats([1, 1, 2], [1, 10]);
  const w = floats([1, 1, 3], [1, 2, 3]);
  const after = (attrs = {}): unknown => listAfter("ConvTranspose", [x, w], attrs);
  expect(after()).toEqual([1, 12, 23, 30]);
  expect(after({ strides: [2] })).toEqual([1, 2, 13, 20, 30]);
  expect(after({ strides: [2], pads: [1, 0] })).toEqual([2, 13, 20, 30]);
  expect(after({ strides: [2], output_padding: [1] })).toEqual([1, 2, 13, 20, 30, 0]);
  expect(after({ strides: [2], auto_pad: "SAME_UPPER" })).toEqual([1, 2, 13, 20]);
  expect(after({ strides: [2], auto_pad: "SAME_LOWER" })).toEqual([2, 13, 20, 30]);
  expect(after({ output_shape: [3] })).toEqual([12, 23, 30]);
  expect(after({ output_shape: [6] })).toEqual([1, 12, 23, 30, 0, 0]);
  expect(after({ dilations: [2] })).toEqual([1, 10, 2, 20, 3, 30]);
});

test("ConvTranspose in groups, with a bias, and without samples", () => {
  const w = floats([2, 2, 1], [1, 2, 3, 4]);
  const bias = floats([4], [0, 0, 0, 100]);
  const x = floats([1, 2, 1], [1, 10]);
  expect(listAfter("ConvTranspose", [x, w, bias], { group: 2 })).toEqual([1, 2, 30, 140]);
  expect(run("ConvTranspose", [floats([0, 2, 1], []), w], { group: 2 })[0]!.dims).toEqual([0, 4, 1]);
  expect(() => run("ConvTranspose", [x, floats([3, 1, 1], [1, 2, 3])])).toThrow("input channels");
  expect(() => run("ConvTranspose", [x, w], { output_padding: [1] })).toThrow("output_padding of 1");
});

test("regions of a ramp have the ramp's means", () => {
  const ramp = floats(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, (_, i) => i % 4),
  );
  const attrs = { output_width: 2, sampling_ratio: 2, coordinate_transformation_mode: "output_half_pixel" };
  expect(listAfter("RoiAlign", [ramp, floats([1, 4], [0, 0, 2, 2]), of("int64", [1], [0])], attrs)).toEqual([
    0.5, 1.5,
  ]);
  const regions = [ramp, floats([1, 4], [0, 0, 2, 2]), of("int64", [1], [1])];
  expect(() => run("RoiAlign", regions, attrs)).toThrow("lies in sample 1");
  const endless = [ramp, floats([1, 4], [0, 0, Infinity, 2]), of("int64", [1], [0])];
  expect(() => run("RoiAlign", endless)).toThrow("Infinity points per bin");
  const none = [ramp, floats([0, 4], []), of("int64", [0], [])];
  expect(run("RoiAlign", none, attrs)[0]!.dims).toEqual([0, 1, 1, 2]);
});

test("MaxRoiPool takes corners as belonging to the region, and 0 outside of the image", () => {
  const x = counting(1, 1, 3, 3);
  const rois = floats([2, 5], [0, 0, 0, 1, 1, 0, 5, 5, 6, 6]);
  expect(listAfter("MaxRoiPool", [x, rois], { pooled_shape: [1, 2] })).toEqual([3, 4, 0, 0]);
});
