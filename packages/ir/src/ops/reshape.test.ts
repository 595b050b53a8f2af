import fc from "fast-check";
import { expect, test } from "vitest";
import { constant, ints, shapeAfter, value } from "./testing.js";
import type { Dim } from "../types.js";

function reshaped(shape: readonly Dim[] | null, target: number[], allowzero = 0): readonly Dim[] | null {
  return shapeAfter("Reshape", [value(shape), ints(...target)], { allowzero });
}

test("-1 takes what is left, 0 copies", () => {
  expect(reshaped([2, 3, 4], [-1])).toEqual([24]);
  expect(reshaped([2, 3, 4], [0, -1])).toEqual([2, 12]);
  expect(reshaped([2, 3, 4], [4, 0, 2])).toEqual([4, 3, 2]);
  expect(reshaped([1], [])).toEqual([]);
});

test("an open batch cancels where it can", () => {
  expect(reshaped(["N", 1, 28, 28], [0, -1])).toEqual(["N", 784]);
  expect(reshaped(["N", 1, 28, 28], [-1, 784])).toEqual(["N", 784]);
  expect(reshaped([null, 3, 4], [0, -1])).toEqual([null, 12]);
  expect(reshaped(["N", 10], [-1, 5])).toEqual([null, 5]);
  expect(reshaped(["N", "M"], [0, -1])).toEqual(["N", "M"]);
  expect(reshaped(["N", 784], [1, 784])).toEqual([1, 784]);
});

test("a batch of zero behaves as any other", () => {
  expect(reshaped([0, 3, 4], [0, -1])).toEqual([0, 12]);
  expect(reshaped([0, 3], [3, 0], 1)).toEqual([3, 0]);
  expect(reshaped([0, 3], [-1, 3])).toEqual([0, 3]);
});

test("of an unknown input the target tells what it says", () => {
  expect(reshaped(null, [0, 5, -1])).toEqual([null, 5, null]);
});

test("of an unknown target the length tells the rank", () => {
  expect(shapeAfter("Reshape", [[2, 3], value([2], "int64")])).toEqual([null, null]);
  expect(shapeAfter("Reshape", [[2, 3], value(["R"], "int64")])).toBeNull();
});

test.each<[number[], number, string]>([
  [[5, -1], 0, "does not have as many elements as the input [2, 3]"],
  [[7], 0, "does not have as many elements"],
  [[-1, -1], 0, "more than one size open"],
  [[-2, 3], 0, "negative size"],
  [[2, 3, 0], 0, "copies (0) a dimension that the input [2, 3] does not have"],
  [[0, -1], 1, "allowzero has a 0"],
  [[0], 1, "does not have as many elements"],
])("[2, 3] to %j with allowzero %i is refused", (target, allowzero, message) => {
  expect(() => reshaped([2, 3], target, allowzero)).toThrow(message);
});

test("a shape that is no list of integers is refused", () => {
  expect(() => shapeAfter("Reshape", [[2], constant("float32", [1], [2])])).toThrow(
    "shape of Reshape is float32",
  );
  expect(() => shapeAfter("Reshape", [[2], constant("int64", [1, 1], [2])])).toThrow("is a list");
});

test("whatever is known without the sizes is so with them", () => {
  const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(dims, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (sizes, hidden) => {
      const half = sizes.length >> 1;
      const target = [...sizes.slice(0, half).map((size, axis) => (hidden[axis] ? 0 : size)), -1];
      const open = sizes.map<Dim>((size, axis) => (hidden[axis] ? `d${axis}` : size));
      const whole = reshaped(sizes, target)!;
      reshaped(open, target)!.forEach((dim, axis) => {
        if (typeof dim === "number") expect(dim).toBe(whole[axis]);
        else if (dim !== null) expect(sizes[Number(dim.slice(1))]).toBe(whole[axis]);
      });
    }),
  );
});
