import { expect, test } from "vitest";
import { infer, ints, shapeAfter, value } from "./testing.js";

test("a pool keeps samples and channels", () => {
  const attrs = { kernel_shape: [2, 2], strides: [2, 2] };
  expect(shapeAfter("MaxPool", [["N", 8, 28, 28]], attrs)).toEqual(["N", 8, 14, 14]);
  expect(shapeAfter("AveragePool", [["N", 8, 29, "W"]], attrs)).toEqual(["N", 8, 14, null]);
  expect(shapeAfter("MaxPool", [[1, 1, 9]], { kernel_shape: [3] })).toEqual([1, 1, 7]);
});

test("MaxPool tells positions where they are asked for", () => {
  const attrs = { kernel_shape: [2] };
  const types = infer("MaxPool", [[1, 1, 4]], attrs, ["y", "at"]);
  expect(types).toEqual([
    { elem: "float32", shape: [1, 1, 3] },
    { elem: "int64", shape: [1, 1, 3] },
  ]);
});

test("a window that would lie in the padding alone is refused", () => {
  const attrs = { kernel_shape: [2], pads: [2, 0] };
  expect(() => infer("AveragePool", [[1, 1, 4]], attrs)).toThrow("pads 2 along spatial axis 0");
});

test("a pool needs a spatial axis", () => {
  expect(() => infer("MaxPool", [[1, 4]], { kernel_shape: [] })).toThrow("has rank 2");
  expect(() => infer("GlobalAveragePool", [[1, 4]])).toThrow("has rank 2");
});

test("a mean over axes keeps them as ones, or drops them", () => {
  expect(shapeAfter("GlobalAveragePool", [["N", 4, "H", 7]])).toEqual(["N", 4, 1, 1]);
  expect(shapeAfter("ReduceMean", [["N", 4, 7], ints(-1)])).toEqual(["N", 4, 1]);
  expect(shapeAfter("ReduceMean", [["N", 4, 7], ints(1, 2)], { keepdims: 0 })).toEqual(["N"]);
  expect(shapeAfter("ReduceMean", [["N", 4]])).toEqual([1, 1]);
  expect(shapeAfter("ReduceMean", [["N", 4], ints()], { noop_with_empty_axes: 1 })).toEqual(["N", 4]);
  expect(shapeAfter("ReduceMean", [["N", 4], value([1], "int64")])).toEqual([null, null]);
});
