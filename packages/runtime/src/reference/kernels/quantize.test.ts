// Quantized numbers and their products, where ONNX's own cases do not look.
import { expect, test } from "vitest";
import { floats, listAfter, of, run } from "./testing.js";

const scalar = (x: number) => floats([], [x]);
const byte = (x: number) => of("uint8", [], [x]);

test("halves go to even before the zero point counts, and what is too large saturates", () => {
  const x = floats([6], [0.5, 1.5, -0.5, 1000, -1000, NaN]);
  expect(listAfter("QuantizeLinear", [x, scalar(1), byte(1)])).toEqual([1, 3, 1, 255, 0, 1]);
  expect(listAfter("QuantizeLinear", [x, scalar(1), of("int4", [], [-1])])).toEqual([-1, 1, -1, 7, -8, -1]);
  expect(listAfter("QuantizeLinear", [x, scalar(1)], { output_dtype: "uint2" })).toEqual([0, 2, 0, 3, 0, 0]);
});

test("the quotient is rounded to the type of the scale, or to the one stated", () => {
  const x = floats([1], [2049]);
  const half = of("float16", [], [1]);
  expect(listAfter("QuantizeLinear", [x, half], { output_dtype: "int16" })).toEqual([2048]);
  const attrs = { output_dtype: "int16", precision: "float32" };
  expect(listAfter("QuantizeLinear", [x, half], attrs)).toEqual([2049]);
});

test("a scale per block, the last one shorter", () => {
  const x = of("int8", [2, 3], [1, 1, 1, 1, 1, 1]);
  const scale = floats([2, 2], [1, 2, 3, 4]);
  expect(listAfter("DequantizeLinear", [x, scale], { block_size: 2 })).toEqual([1, 1, 2, 3, 3, 4]);
});

test("8 bits of float, with and without saturation", () => {
  const x = floats([2], [1e6, 1]);
  const zero = of("float8e4m3fn", [], [0]);
  expect(listAfter("QuantizeLinear", [x, scalar(2), zero])).toEqual([448, 0.5]);
  expect(listAfter("QuantizeLinear", [x, scalar(2), zero], { saturate: 0 })).toEqual([NaN, 0.5]);
});

test("quantizing what is empty or all zero", () => {
  const [y, scale, zero] = run("DynamicQuantizeLinear", [floats([0], [])], {}, ["y", "s", "z"]);
  expect([y!.dims, scale!.data[0], zero!.data[0]]).toEqual([[0], Math.fround(1 / 255), 0]);
  expect(listAfter("DynamicQuantizeLinear", [floats([2], [0, 0])], {})).toEqual([0, 0]);
});

test("scales and types that do not fit are refused", () => {
  const x = floats([2, 3], [1, 2, 3, 4, 5, 6]);
  expect(() => run("QuantizeLinear", [x, floats([2], [1, 1])])).toThrow("one number per index of axis 1");
  expect(() => run("QuantizeLinear", [x, floats([2, 2], [1, 1, 1, 1])], { block_size: 1 })).toThrow(
    "blocks of 1",
  );
  expect(() => run("QuantizeLinear", [x, scalar(1), of("int32", [], [0])])).toThrow("quantized numbers");
  expect(() => run("QuantizeLinear", [x, scalar(1), byte(0)], { output_dtype: "int8" })).toThrow(
    "zero point is",
  );
  expect(() => run("DequantizeLinear", [of("int8", [1], [1]), scalar(1), byte(0)])).toThrow(
    "zero point of uint8",
  );
});

test("products of integers: batches, zero points per row and column, sums that wrap", () => {
  const a = of("uint8", [2, 2], [1, 2, 3, 4]);
  const b = of("int8", [2, 2, 1], [1, 1, -1, 2]);
  expect(run("MatMulInteger", [a, b])[0]).toEqual(of("int32", [2, 2, 1], [3, 7, 3, 5]));
  const rows = of("uint8", [2], [1, 3]);
  const columns = of("int8", [2], [0, 1]);
  const square = of("int8", [2, 2], [1, 1, 1, 2]);
  expect(listAfter("MatMulInteger", [a, square, rows, columns])).toEqual([1, 1, 1, 1]);
  expect(listAfter("MatMulInteger", [of("uint8", [2], [2, 3]), of("uint8", [2], [5, 7])])).toEqual([31]);
  const long = [
    of("uint8", [70000], new Array<number>(70000).fill(255)),
    of("int8", [70000], new Array<number>(70000).fill(127)),
  ];
  expect(listAfter("MatMulInteger", long)).toEqual([70000 * 255 * 127 - 2 ** 32]);
  expect(run("MatMulInteger", [of("uint8", [0, 2], []), square])[0]!.dims).toEqual([0, 2]);
  expect(() => run("MatMulInteger", [a, square, of("uint8", [3], [0, 0, 0])])).toThrow("broadcast");
});

test("a quantized convolution: channels of their own scales, a bias, padding that is the zero point", () => {
  const x = of("uint8", [1, 1, 2], [11, 13]);
  const w = of("int8", [2, 1, 2], [1, 1, 2, 0]);
  const attrs = { pads: [1, 0] };
  expect(listAfter("ConvInteger", [x, w, byte(10)], attrs)).toEqual([1, 4, 0, 2]);
  const bias = of("int32", [2], [0, 10]);
  const inputs = [x, scalar(0.5), byte(10), w, floats([2], [1, 2]), of("int8", [2], [0, 0]), scalar(0.25)];
  expect(listAfter("QLinearConv", [...inputs, byte(3), bias], attrs)).toEqual([5, 11, 43, 51]);
  expect(() => run("QLinearConv", [...inputs, byte(3), of("int32", [3], [0, 0, 0])])).toThrow(
    "bias of QLinearConv",
  );
});
