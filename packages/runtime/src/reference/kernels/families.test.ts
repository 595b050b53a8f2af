// One fact or two per family of operators that are one line each; ONNX's own cases check every one of them.
import { expect, test } from "vitest";
import { floats, ints, listAfter, of, run } from "./testing.js";

test("unary operators keep the kind of number: int64 stays exact, int8 wraps", () => {
  expect(listAfter("Abs", [of("int64", [2], [-(2n ** 62n), 3n])])).toEqual([2n ** 62n, 3n]);
  expect(listAfter("Abs", [of("int8", [1], [-128])])).toEqual([-128]);
  expect(listAfter("BitwiseNot", [of("uint8", [2], [0, 0xf0])])).toEqual([255, 15]);
  expect(run("IsNaN", [floats([2], [NaN, 1])])).toEqual([of("bool", [2], [1, 0])]);
  expect(listAfter("Round", [floats([5], [0.5, 1.5, -2.5, 2.4, -0.6])])).toEqual([0, 2, -2, 2, -1]);
});

test("erf and Gelu are right far from 0, where 1 + erf(x) would cancel", () => {
  // erfc(5) = 1.5374597944280349e-12: Abramowitz and Stegun, and any table since.
  const [small] = listAfter("Gelu", [floats([1], [-5 * Math.SQRT2])]) as number[];
  expect(small! / ((-5 * Math.SQRT2 * 1.5374597944280349e-12) / 2)).toBeCloseTo(1, 12);
  const [erf] = listAfter("Erf", [floats([1], [0.5])]) as number[];
  expect(erf).toBeCloseTo(0.5204998778130465, 15);
});

test("comparisons take strings for Equal, and broadcast", () => {
  expect(listAfter("Equal", [of("string", [2], ["a", "b"]), of("string", [], ["b"])])).toEqual([0, 1]);
  expect(listAfter("Less", [floats([2, 1], [1, 2]), floats([2], [1, 2])])).toEqual([0, 1, 0, 0]);
});

test("Mod has the sign of the divisor, or with fmod of the dividend", () => {
  const inputs = [of("int64", [2], [-7n, 7n]), of("int64", [2], [3n, -3n])];
  expect(listAfter("Mod", inputs)).toEqual([2n, -2n]);
  expect(listAfter("Mod", inputs, { fmod: 1 })).toEqual([-1n, 1n]);
  expect(() => run("Mod", [of("int32", [1], [1]), of("int32", [1], [0])])).toThrow(
    "Mod divides integers by zero",
  );
});

test("variadic operators take one tensor too, and keep NaN", () => {
  expect(listAfter("Max", [floats([2], [1, NaN]), floats([], [3])])).toEqual([3, NaN]);
  expect(listAfter("Min", [floats([2], [1, 5]), floats([2], [NaN, 3])])).toEqual([NaN, 3]);
  expect(listAfter("Mean", [floats([1], [1]), floats([1], [2]), floats([1], [6])])).toEqual([3]);
  expect(listAfter("Sum", [floats([2], [1, 2])])).toEqual([1, 2]);
});

test("reductions of nothing are their neutral elements, and int64 sums are exact", () => {
  const empty = floats([0, 2], []);
  const over = (op: "ReduceSum" | "ReduceProd" | "ReduceMin" | "ReduceLogSumExp") =>
    listAfter(op, [empty, ints(0)], { keepdims: 0 });
  expect(over("ReduceSum")).toEqual([0, 0]);
  expect(over("ReduceProd")).toEqual([1, 1]);
  expect(over("ReduceMin")).toEqual([Infinity, Infinity]);
  expect(over("ReduceLogSumExp")).toEqual([-Infinity, -Infinity]);
  expect(listAfter("ReduceSum", [of("int64", [2], [2n ** 60n, 1n])])).toEqual([2n ** 60n + 1n]);
  expect(listAfter("ReduceLogSumExp", [floats([2], [1000, 1000])])).toEqual([1000 + Math.LN2]);
});

test("ArgMax takes the first of equals, or the last", () => {
  const x = floats([2, 3], [1, 3, 3, 2, 2, 1]);
  expect(listAfter("ArgMax", [x], { axis: 1 })).toEqual([1n, 0n]);
  expect(listAfter("ArgMax", [x], { axis: -1, select_last_index: 1 })).toEqual([2n, 1n]);
});

test("Where, Tile, Expand and ConstantOfShape move strings as they do numbers", () => {
  const words = of("string", [2], ["a", "b"]);
  expect(listAfter("Where", [of("bool", [2], [1, 0]), words, of("string", [], ["z"])])).toEqual(["a", "z"]);
  expect(listAfter("Tile", [words, ints(2)])).toEqual(["a", "b", "a", "b"]);
  expect(listAfter("Expand", [words, ints(2, 1)])).toEqual(["a", "b", "a", "b"]);
  expect(run("ConstantOfShape", [ints(2)], { value: of("int32", [1], [7]) })).toEqual([
    of("int32", [2], [7, 7]),
  ]);
  expect(listAfter("Range", [of("int64", [], [5]), of("int64", [], [0]), of("int64", [], [-2])])).toEqual([
    5n,
    3n,
    1n,
  ]);
});
