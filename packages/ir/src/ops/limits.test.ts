import { expect, test } from "vitest";
import { checkedType, maxElements } from "./limits.js";
import { contextOf, ints, shapeAfter, value } from "./testing.js";

const { node } = contextOf("Reshape", [[1], ints(1)]);

test("2^31 elements are the limit, whatever is unknown beside them", () => {
  expect(checkedType(node, "float32", [2 ** 16, 2 ** 15]).shape).toEqual([2 ** 16, 2 ** 15]);
  expect(() => checkedType(node, "float32", [maxElements + 1])).toThrow("more than 2^31 elements");
  expect(() => checkedType(node, "float32", ["N", 2 ** 16, null, 2 ** 16])).toThrow(
    "more than 2^31 elements",
  );
});

test("a product that overflows is refused, and one with a zero is empty", () => {
  const huge = new Array<number>(40).fill(2 ** 60);
  expect(() => checkedType(node, "float32", huge)).toThrow("more than 2^31 elements");
  expect(checkedType(node, "float32", [...huge, 0]).shape).toHaveLength(41);
});

test("negative and fractional sizes are refused", () => {
  expect(() => checkedType(node, "float32", [2, -3])).toThrow("-3 is no size");
  expect(() => checkedType(node, "float32", [0.5])).toThrow("0.5 is no size");
});

test.each([
  ["Pad", () => shapeAfter("Pad", [[1], ints(2 ** 31, 0)])],
  ["Reshape", () => shapeAfter("Reshape", [value(null), ints(2 ** 40, -1)])],
  [
    "Add",
    () =>
      shapeAfter("Add", [
        [2 ** 20, 1],
        [1, 2 ** 20],
      ]),
  ],
  [
    "MatMul",
    () =>
      shapeAfter("MatMul", [
        [2 ** 20, 1],
        [1, 2 ** 20],
      ]),
  ],
  ["Concat", () => shapeAfter("Concat", [[2 ** 31], [2 ** 31]], { axis: 0 })],
  [
    "Conv",
    () =>
      shapeAfter(
        "Conv",
        [
          [1, 1, 1],
          [1, 1, 1],
        ],
        { pads: [2 ** 62, 0] },
      ),
  ],
])("%s cannot be made to ask for more", (_, run) => {
  expect(run).toThrow("more than 2^31 elements");
});
