// Einsum's equations, and determinants: what ONNX's own few cases leave open.
import { expect, test } from "vitest";
import { counting, floats, listAfter, of, run } from "./testing.js";

const x = floats([2, 3], [1, 2, 3, 4, 5, 6]);
const sumOf = (equation: string, ...inputs: Parameters<typeof listAfter>[1]) =>
  listAfter("Einsum", inputs, { equation });

test("an equation without a result keeps the letters that occur once, sorted", () => {
  // As "ji,kj->ik": the letters i and k stay.
  const a = floats([3, 2], [1, 2, 3, 4, 5, 6]);
  const expected = [0, 1].flatMap((i) =>
    [0, 1].map((k) => [0, 1, 2].reduce((sum, j) => sum + Number(a.data[j * 2 + i]) * (k * 3 + j + 1), 0)),
  );
  expect(sumOf("ji,kj", a, x)).toEqual(expected);
  expect(sumOf("ba", x)).toEqual([1, 4, 2, 5, 3, 6]);
  expect(sumOf("ii", floats([2, 2], [1, 2, 3, 4]))).toEqual([5]);
});

test("an ellipsis stands for any axes, and broadcasts them", () => {
  const batch = run("Einsum", [counting(2, 1, 2, 3), counting(4, 3)], { equation: "...ij,...j->...i" });
  expect(batch[0]!.dims).toEqual([2, 4, 2]);
  // Batch 1, line 3 of the second operand, row 0: [6, 7, 8] . [9, 10, 11].
  expect(batch[0]!.data[(1 * 4 + 3) * 2]).toBe(6 * 9 + 7 * 10 + 8 * 11);
  expect(sumOf("i...->...", x)).toEqual([5, 7, 9]);
  expect(sumOf("...", x)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("three operands, a diagonal and int64 at once", () => {
  const v = of("int64", [2], [2n ** 40n, 1n]);
  expect(sumOf("ii,i,i->i", of("int64", [2, 2], [1n, 9n, 9n, 3n]), v, v)).toEqual([
    2n ** 80n % 2n ** 64n,
    3n,
  ]);
  expect(sumOf("i,j->ij", floats([2], [1, 2]), floats([2], [3, 4]))).toEqual([3, 4, 6, 8]);
});

test("equations that mean nothing are refused", () => {
  expect(() => sumOf("ij->ik", x)).toThrow('names the axis "k" twice, or none of its operands does');
  expect(() => sumOf("ij->ii", x)).toThrow('names the axis "i" twice');
  expect(() => sumOf("ij,jk->ik", x)).toThrow("is of 2 operands, but 1 are given");
  expect(() => sumOf("ijk->i", x)).toThrow(
    'the term "ijk" of Einsum does not fit an operand of shape [2, 3]',
  );
  expect(() => sumOf("i.j->i", x)).toThrow("is none");
  expect(() => sumOf("...j->j", x)).toThrow('axes in an ellipsis that its result "j" lacks');
  expect(() => sumOf("ii->i", x)).toThrow('the diagonal "ii" of axes that differ');
  expect(() => sumOf("i,i->i", floats([2], [1, 2]), floats([3], [1, 2, 3]))).toThrow("cannot broadcast");
});

test("Det exchanges rows where it must, and is 0 for singular matrices", () => {
  expect(listAfter("Det", [floats([2, 2, 2], [0, 2, 3, 4, 1, 2, 2, 4])])).toEqual([-6, 0]);
  expect(listAfter("Det", [floats([0, 0], [])])).toEqual([1]);
  expect(() => run("Det", [counting(2, 3)])).toThrow("Det needs square matrices");
});
