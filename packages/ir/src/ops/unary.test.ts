// Functions of one element each, and other operators that keep the shape.
import { expect, test } from "vitest";
import { constant, infer, shapeAfter, value } from "./testing.js";

const x = value(["N", 3]);

test.each(["Exp", "Identity", "LeakyRelu", "Neg", "Relu", "Sigmoid", "Softmax", "Sqrt", "Tanh"] as const)(
  "%s keeps the type",
  (op) => expect(infer(op, [x])).toEqual([x.type]),
);

test("functions with real values refuse integers", () => {
  expect(() => infer("Tanh", [value([1], "int32")])).toThrow("input of Tanh is int32");
  expect(() => infer("Neg", [value([1], "uint8")])).toThrow("input of Neg is uint8");
  expect(infer("Relu", [value([1], "int8")])[0]!.elem).toBe("int8");
});

test("Softmax refuses an axis that is not there", () => {
  expect(() => infer("Softmax", [[2, 3]], { axis: 2 })).toThrow("axis 2 of Softmax is out of range");
});

test("Clip takes scalars, or lists of one, of the input's type", () => {
  expect(shapeAfter("Clip", [x, null, constant("float32", [1], [6])])).toEqual(["N", 3]);
  expect(() => infer("Clip", [x, constant("float32", [2], [0, 1])])).toThrow(
    "low bound of Clip has 2 elements",
  );
  expect(() => infer("Clip", [x, constant("int32", [], [0])])).toThrow("differ in element type");
});

test("Cast changes the element type alone", () => {
  expect(infer("Cast", [x], { to: "bool" })).toEqual([{ elem: "bool", shape: ["N", 3] }]);
});

test("RoundTo refuses a format that does not exist, or that may be two", () => {
  expect(infer("RoundTo", [x], { format: "ocp-e4m3" })).toEqual([x.type]);
  expect(() => infer("RoundTo", [x], { format: "e4m4x" })).toThrow('no format "e4m4x"');
  expect(() => infer("RoundTo", [x], { format: "fp8" })).toThrow("may mean");
});

test("BatchNormalization wants one number per channel, and no training", () => {
  expect(shapeAfter("BatchNormalization", [["N", null, 5], [3], [3], [3], [3]])).toEqual(["N", 3, 5]);
  expect(() => infer("BatchNormalization", [["N", 4], [4], [4], [3], [4]])).toThrow("the mean of BatchNorm");
  const training = { training_mode: 1 };
  expect(() => infer("BatchNormalization", [[1, 1], [1], [1], [1], [1]], training)).toThrow("training mode");
});
