// The operators that move elements, or choose among them: what shape they leave.
import { expect, test } from "vitest";
import { constant, infer, ints, shapeAfter, value } from "./testing.js";

test("Concat adds up its axis and merges the others", () => {
  expect(
    shapeAfter(
      "Concat",
      [
        ["N", 2],
        ["N", 3],
      ],
      { axis: 1 },
    ),
  ).toEqual(["N", 5]);
  expect(
    shapeAfter(
      "Concat",
      [
        [null, 2],
        [4, "M"],
      ],
      { axis: -1 },
    ),
  ).toEqual([4, null]);
  expect(shapeAfter("Concat", [[2, "M"]], { axis: 1 })).toEqual([2, "M"]);
  expect(shapeAfter("Concat", [[2, 3], value(null)], { axis: 1 })).toEqual([2, null]);
});

test("Concat refuses what does not fit", () => {
  expect(() =>
    shapeAfter(
      "Concat",
      [
        [2, 3],
        [3, 3],
      ],
      { axis: 1 },
    ),
  ).toThrow("differ along axis 0");
  expect(() => shapeAfter("Concat", [[2, 3], [3]], { axis: 0 })).toThrow("tensors of one rank");
  expect(() => shapeAfter("Concat", [[2], [3]], { axis: 1 })).toThrow("out of range");
  expect(() => shapeAfter("Concat", [[2], value([2], "int64")], { axis: 0 })).toThrow("element type");
  expect(() => shapeAfter("Concat", [[2], null], { axis: 0 })).toThrow("input number 2");
});

test("Flatten makes a matrix at its axis", () => {
  expect(shapeAfter("Flatten", [["N", 1, 28, 28]])).toEqual(["N", 784]);
  expect(shapeAfter("Flatten", [[2, 3, 4]], { axis: 0 })).toEqual([1, 24]);
  expect(shapeAfter("Flatten", [[2, 3, 4]], { axis: 3 })).toEqual([24, 1]);
  expect(shapeAfter("Flatten", [[2, 3, 4]], { axis: -1 })).toEqual([6, 4]);
  expect(shapeAfter("Flatten", [["N", "C", 4]], { axis: 1 })).toEqual(["N", null]);
  expect(shapeAfter("Flatten", [value(null)])).toEqual([null, null]);
  expect(() => shapeAfter("Flatten", [[2]], { axis: 2 })).toThrow("axis 2 of Flatten");
});

test("Gather puts the shape of the indices in the place of its axis", () => {
  expect(shapeAfter("Gather", [[5, "N"], value([2, 3], "int64")])).toEqual([2, 3, "N"]);
  expect(shapeAfter("Gather", [["N", 5], constant("int64", [], [-5])], { axis: 1 })).toEqual(["N"]);
  expect(() => shapeAfter("Gather", [[5], ints(5)])).toThrow("index 5, but axis 0 has only 5");
  expect(() => shapeAfter("Gather", [[5], ints(-6)])).toThrow("index -6");
  expect(() => shapeAfter("Gather", [[5], [1]])).toThrow("indices of Gather is float32");
  expect(() => shapeAfter("Gather", [[], ints(0)])).toThrow("has rank 0");
});

test("indices that many nodes share are checked for each against its own axis", () => {
  const shared = ints(-3, 2);
  expect(shapeAfter("Gather", [[3], shared])).toEqual([2]);
  expect(() => shapeAfter("Gather", [[2], shared])).toThrow("index -3");
  expect(shapeAfter("Gather", [[1], constant("int64", [0])])).toEqual([0]);
});

test("a list for axes that is far longer than any tensor has axes is not read", () => {
  const long = constant("int64", [1025]);
  expect(() => shapeAfter("Reshape", [[0], long])).toThrow("shape of Reshape is given as int64[1025]");
});

test("Pad adds and crops; pads that are not constant leave the rank", () => {
  expect(shapeAfter("Pad", [["N", 4], ints(0, 1, 0, -2)])).toEqual(["N", 3]);
  expect(shapeAfter("Pad", [[2, 4], ints(1, 1), null, ints(-1)])).toEqual([2, 6]);
  expect(shapeAfter("Pad", [["N"], ints(1, 0)])).toEqual([null]);
  expect(shapeAfter("Pad", [[2, 4], value([4], "int64")])).toEqual([null, null]);
  expect(() => shapeAfter("Pad", [[2, 4], ints(1, 1)])).toThrow("2 x 2 pads, but has 2");
  expect(() => shapeAfter("Pad", [[2], ints(-2, -1)])).toThrow("takes away 3 elements of axis 0");
  expect(() => shapeAfter("Pad", [[2], ints(-2, 1)], { mode: "edge" })).toThrow("nothing to repeat");
});

test("Shape tells the axes between start and end", () => {
  expect(infer("Shape", [["N", 3, 4]])).toEqual([{ elem: "int64", shape: [3] }]);
  expect(shapeAfter("Shape", [["N", 3, 4]], { start: 1, end: -1 })).toEqual([1]);
  expect(shapeAfter("Shape", [["N"]], { start: 5, end: -7 })).toEqual([0]);
  expect(shapeAfter("Shape", [value(null)])).toEqual([null]);
});

test("Slice clamps, counts from the end, and steps backwards", () => {
  const sliced = (start: number, end: number, step: number) =>
    shapeAfter("Slice", [[10], ints(start), ints(end), ints(0), ints(step)])![0];
  expect(sliced(0, 5, 1)).toBe(5);
  expect(sliced(0, 1000, 3)).toBe(4);
  expect(sliced(-3, 2 ** 31 - 1, 1)).toBe(3);
  expect(sliced(-1, -(2 ** 63), -1)).toBe(10);
  expect(sliced(20, 0, -2)).toBe(5);
  expect(sliced(7, 3, 1)).toBe(0);
});

test("Slice keeps an open axis of which it takes all", () => {
  expect(shapeAfter("Slice", [["N", 4], ints(0, 1), ints(2 ** 31 - 1, 3)])).toEqual(["N", 2]);
  expect(shapeAfter("Slice", [["N", 4], ints(1), ints(3)])).toEqual([null, 4]);
  expect(() => shapeAfter("Slice", [[4], ints(0), ints(1), ints(0), ints(0)])).toThrow("step of 0");
  expect(() => shapeAfter("Slice", [[4], ints(0, 0), ints(1)])).toThrow("differ in number");
});

test("Squeeze takes away ones, Unsqueeze puts them in", () => {
  expect(shapeAfter("Squeeze", [[1, "N", 1], ints(-1)])).toEqual([1, "N"]);
  expect(shapeAfter("Squeeze", [["N", 1], ints(0)])).toEqual([1]);
  expect(shapeAfter("Squeeze", [[1, 3, 1]])).toEqual([3]);
  expect(shapeAfter("Squeeze", [["N", 1]])).toBeNull();
  expect(() => shapeAfter("Squeeze", [[1, 3], ints(1)])).toThrow("axis 1 of [1, 3]");
  expect(shapeAfter("Unsqueeze", [["N", 3], ints(0, -1)])).toEqual([1, "N", 3, 1]);
  expect(() => shapeAfter("Unsqueeze", [[3], ints(0, -3)])).toThrow("one axis twice");
  expect(() => shapeAfter("Unsqueeze", [[3], ints(2)])).toThrow("out of range");
});

test("Transpose orders the axes", () => {
  expect(shapeAfter("Transpose", [["N", 3, 4]])).toEqual([4, 3, "N"]);
  expect(shapeAfter("Transpose", [["N", 3, 4]], { perm: [1, 2, 0] })).toEqual([3, 4, "N"]);
  for (const perm of [
    [0, 0, 1],
    [0, 1],
    [0, 1, 3],
  ]) {
    expect(() => shapeAfter("Transpose", [[2, 3, 4]], { perm })).toThrow("does not order the axes of rank 3");
  }
});
