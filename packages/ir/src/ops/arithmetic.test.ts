import { expect, test } from "vitest";
import { infer, shapeAfter, value } from "./testing.js";

test("operands broadcast", () => {
  expect(shapeAfter("Add", [["N", 4, 1], [3]])).toEqual(["N", 4, 3]);
  expect(() => shapeAfter("Mul", [[3], [4]])).toThrow("Mul cannot broadcast [3] with [4]");
});

test("operands have one element type, which is a number", () => {
  expect(() => infer("Add", [[1], value([1], "int64")])).toThrow("float32[1] and int64[1]");
  expect(() => infer("Sub", [value([1], "bool"), value([1], "bool")])).toThrow("has to be numbers");
});

test("an operand of which nothing is known agrees with any", () => {
  expect(infer("Add", [{ id: "?", type: null }, value([2], "int64")])).toEqual([
    { elem: "int64", shape: null },
  ]);
});

test("an exponent may have an element type of its own", () => {
  expect(infer("Pow", [value([2], "int32"), value([], "float64")])).toEqual([{ elem: "int32", shape: [2] }]);
});

test("a missing operand is named", () => {
  expect(() => infer("Add", [[1], null])).toThrow("Add needs an input number 2");
});
