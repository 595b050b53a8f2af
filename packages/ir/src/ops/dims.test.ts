import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastShapes, mergeDims, normalizeAxes, normalizeAxis, productOfDims } from "./dims.js";
import { contextOf } from "./testing.js";

const { node } = contextOf("Add", [[1], [1]]);

test("broadcasting aligns at the last axis, and keeps what can be known of open dimensions", () => {
  expect(broadcastShapes(node, ["N", 1, 3], [5, 3])).toEqual(["N", 5, 3]);
  expect(broadcastShapes(node, ["N"], ["N"])).toEqual(["N"]);
  expect(broadcastShapes(node, ["N"], ["M"])).toEqual([null]);
  expect(broadcastShapes(node, ["N", null], [4, 1])).toEqual([4, null]);
  expect(broadcastShapes(node, [], [2])).toEqual([2]);
  expect(broadcastShapes(node, [0], [1])).toEqual([0]);
  expect(broadcastShapes(node, null, [1])).toBeNull();
});

test("3 does not broadcast with 4", () => {
  expect(() => broadcastShapes(node, [2, 3], [4])).toThrow("cannot broadcast [2, 3] with [4]: 3 meets 4");
});

test("broadcasting does not depend on the order of its operands", () => {
  const dims = fc.array(fc.constantFrom<(number | string | null)[]>(1, 3, "N", null), { maxLength: 3 });
  fc.assert(
    fc.property(dims, dims, (a, b) => {
      expect(broadcastShapes(node, a, b)).toEqual(broadcastShapes(node, b, a));
    }),
  );
});

test("an axis counts from the end if negative, and is refused outside the rank", () => {
  expect([-3, -1, 0, 2].map((axis) => normalizeAxis(node, axis, 3))).toEqual([0, 2, 0, 2]);
  for (const axis of [-4, 3, 0.5]) expect(() => normalizeAxis(node, axis, 3)).toThrow("out of range");
  expect(normalizeAxis(node, 3, 3, 3)).toBe(3);
  expect(() => normalizeAxes(node, [1, -2], 3)).toThrow("name one axis twice");
});

test("a name survives a product with ones only", () => {
  expect(productOfDims([])).toBe(1);
  expect(productOfDims([2, 3])).toBe(6);
  expect(productOfDims([1, "N"])).toBe("N");
  expect(productOfDims([2, "N"])).toBeNull();
  expect(productOfDims(["N", "N"])).toBeNull();
  expect(productOfDims(["N", 0])).toBe(0);
});

test("merging prefers a size to a name, and a name to nothing", () => {
  expect(mergeDims(node, "N", 3, "x")).toBe(3);
  expect(mergeDims(node, null, "N", "x")).toBe("N");
  expect(() => mergeDims(node, 2, 3, "the halves differ")).toThrow("the halves differ: 2 against 3");
});
