// Resampling and sampling at points, where ONNX's own cases do not look.
import { expect, test } from "vitest";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

const resized = (list: number[], attrs: Record<string, string | number>, to: number): unknown =>
  listAfter("Resize", [floats([list.length], list), null, null, ints(to)], attrs);

test("the nearest element, by every rounding", () => {
  const attrs = { coordinate_transformation_mode: "asymmetric" };
  const nearest = (nearest_mode: string): unknown => resized([0, 1, 2], { ...attrs, nearest_mode }, 6);
  expect(nearest("floor")).toEqual([0, 0, 1, 1, 2, 2]);
  expect(nearest("ceil")).toEqual([0, 1, 1, 2, 2, 2]);
  expect(nearest("round_prefer_floor")).toEqual([0, 0, 1, 1, 2, 2]);
  expect(nearest("round_prefer_ceil")).toEqual([0, 1, 1, 2, 2, 2]);
});

test("one element left", () => {
  const linear = (mode: string): unknown =>
    resized([3, 4, 8], { mode: "linear", coordinate_transformation_mode: mode }, 1);
  expect(linear("half_pixel")).toEqual([4]);
  expect(linear("align_corners")).toEqual([3]);
  expect(linear("pytorch_half_pixel")).toEqual([3]);
  expect(linear("asymmetric")).toEqual([3]);
});

test("scales as binary32 has them: seven of ten", () => {
  const scales = floats([1], [Math.fround(0.7)]);
  expect(run("Resize", [counting(10), null, scales])[0]!.dims).toEqual([7]);
});

test("integers are rounded half to even and saturate, text is moved", () => {
  const bytes = of("uint8", [2], [0, 255]);
  const cubic = listAfter("Resize", [bytes, null, null, ints(4)], { mode: "cubic" });
  expect(Math.min(...(cubic as number[]))).toBe(0);
  expect(Math.max(...(cubic as number[]))).toBe(255);
  expect(
    listAfter("Resize", [of("int32", [2], [0, 1]), null, null, ints(3)], {
      mode: "linear",
      coordinate_transformation_mode: "align_corners",
    }),
  ).toEqual([0, 0, 1]);
  const [text] = run("Resize", [of("string", [2], ["a", "b"]), null, null, ints(4)]);
  expect(text!.data).toEqual(["a", "a", "b", "b"]);
});

test("Resize of nothing, to nothing, and what it refuses", () => {
  expect(listAfter("Resize", [counting(3), null, null, ints(0)])).toEqual([]);
  expect(run("Resize", [counting(0, 2), null, floats([2], [2, 2])])[0]!.dims).toEqual([0, 4]);
  expect(() => run("Resize", [counting(0), null, null, ints(2)])).toThrow("2 elements of none");
  expect(() => run("Resize", [counting(2)])).toThrow("either scales or sizes");
  expect(() => run("Resize", [counting(2), null, floats([1], [2]), ints(4)])).toThrow("either scales");
  expect(() => run("Resize", [counting(2), null, floats([1], [0])])).toThrow("the scale 0");
  expect(() => run("Resize", [counting(2), null, floats([2], [1, 1])])).toThrow("has 2 scales");
  const crop = { coordinate_transformation_mode: "tf_crop_and_resize" };
  expect(() => run("Resize", [counting(2), null, floats([1], [2])], crop)).toThrow("needs a region");
  const nowhere = [counting(2), floats([2], [0, NaN]), floats([1], [2])];
  expect(() => run("Resize", nowhere, crop)).toThrow("the region [0, NaN]");
});

test("GridSample reads between elements, and pads as told", () => {
  const x = floats([1, 1, 1, 3], [1, 2, 4]);
  // One row; x from the left outer edge, in steps of half an element.
  const grid = floats([1, 1, 4, 2], [-1, 0, -2 / 3, 0, 1 / 3, 0, 5 / 3, 0]);
  const sampled = (attrs: Record<string, string>): unknown => {
    const list = listAfter("GridSample", [x, grid], attrs) as number[];
    return list.map((value) => Math.round(value * 1e6) / 1e6);
  };
  expect(sampled({})).toEqual([0.5, 1, 3, 0]);
  expect(sampled({ padding_mode: "border" })).toEqual([1, 1, 3, 4]);
  expect(sampled({ padding_mode: "reflection" })).toEqual([1, 1, 3, 3]);
});

test("GridSample of points that are nowhere, far away or none", () => {
  const x = counting(1, 1, 2, 2);
  const far = floats([1, 1, 2, 2], [NaN, 0, Infinity, 0]);
  expect(listAfter("GridSample", [x, far])).toEqual([NaN, 0]);
  expect(listAfter("GridSample", [x, far], { mode: "nearest" })).toEqual([NaN, 0]);
  const farther = floats([1, 1, 2, 2], [1e30, 0, -1e30, 0]);
  expect(listAfter("GridSample", [x, farther])).toEqual([0, 0]);
  const border = { padding_mode: "border", mode: "cubic", align_corners: 1 };
  expect(listAfter("GridSample", [counting(1, 1, 1, 3), farther], border)).toEqual([2, 0]);
  expect(run("GridSample", [x, floats([1, 0, 3, 2], [])])[0]!.dims).toEqual([1, 1, 0, 3]);
  expect(() => run("GridSample", [x, floats([1, 1, 1, 3], [0, 0, 0])])).toThrow("one coordinate per");
  expect(() => run("GridSample", [counting(1, 1, 0, 2), floats([1, 1, 1, 2], [0, 0])])).toThrow("empty");
});

test("the grid of the identity, aligned or not", () => {
  const identity = floats([1, 2, 3], [1, 0, 0, 0, 1, 0]);
  expect(listAfter("AffineGrid", [identity, ints(1, 1, 1, 2)])).toEqual([-0.5, 0, 0.5, 0]);
  expect(listAfter("AffineGrid", [identity, ints(1, 1, 1, 2)], { align_corners: 1 })).toEqual([-1, 0, 1, 0]);
  expect(() => run("AffineGrid", [identity, ints(1, 1, 2)])).toThrow("a size of 3 numbers");
  expect(() => run("AffineGrid", [identity, ints(1, 1, 1, 2, 2)])).toThrow("theta");
});
