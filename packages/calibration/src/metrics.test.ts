import type { Tensor } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { randomNumbers, tensorOf } from "../../ir/src/testing.js";
import { argmax, ErrorMeter, guessTask, type Task } from "./metrics.js";

const outputs = (rows: number[][], id = "y"): Map<string, Tensor> =>
  new Map([[id, tensorOf([rows.length, rows[0]!.length], rows.flat(), "float64")]]);

function measured(task: Task, ...pairs: [number[][], number[][], (number | null)?][]): ErrorMeter {
  const meter = new ErrorMeter(task);
  for (const [got, exact, label = null] of pairs) meter.add(outputs(got), outputs(exact), label);
  return meter;
}

describe("the error of values", () => {
  test("is |y - y_ref| over |y_ref|, norms taken over all samples", () => {
    const meter = measured("values", [[[1, 2]], [[1, 1]]], [[[0, 0]], [[3, 4]]]);
    expect(meter.error).toBeCloseTo(Math.sqrt((1 + 25) / (2 + 25)), 15);
    expect([meter.flips, meter.accuracy]).toEqual([null, null]);
  });

  test("is 0 for equal values, even all zeros, and null where it is not finite", () => {
    expect(measured("values", [[[0, 0]], [[0, 0]]]).error).toBe(0);
    expect(measured("values", [[[1]], [[0]]]).error).toBeNull();
    expect(measured("values", [[[NaN]], [[1]]]).error).toBeNull();
    expect(measured("values", [[[Infinity]], [[1]]]).error).toBeNull();
  });
});

describe("the error of logits", () => {
  test("is that of rows less their mean: a common shift costs nothing", () => {
    const exact = [
      [1, 2, 6],
      [-1, 0, 4],
    ];
    expect(measured("classifier", [exact.map((row) => row.map((x) => x + 100)), exact]).error).toBeLessThan(
      1e-14,
    );
    // Centred, [3, 3, 3] is nothing at all: the error is |centred exact| over itself.
    expect(measured("classifier", [[[3, 3, 3]], [[1, 2, 6]]]).error).toBe(1);
    const [got, ref] = [[[2, 2, 5]], [[1, 2, 6]]];
    expect(measured("classifier", [got, ref]).error).toBeCloseTo(Math.sqrt(2 / 14), 15);
  });

  test("agrees with a plain computation on random rows", () => {
    const rows = (seed: number): number[][] =>
      Array.from({ length: 20 }, (_, i) => [...randomNumbers(5, seed * 100 + i)]);
    const [a, b] = [rows(1), rows(2)];
    const meter = new ErrorMeter("classifier");
    a.forEach((row, i) => meter.add(outputs([row]), outputs([b[i]!]), null));
    const centre = (row: number[]): number[] =>
      row.map((x) => x - row.reduce((s, y) => s + y, 0) / row.length);
    const norm = (xs: number[]): number => Math.sqrt(xs.reduce((s, x) => s + x * x, 0));
    const expected =
      norm(a.flatMap((row, i) => centre(row).map((x, j) => x - centre(b[i]!)[j]!))) / norm(b.flatMap(centre));
    expect(Math.abs(meter.error! / expected - 1)).toBeLessThan(1e-12);
    const plainMax = (row: number[]): number => row.indexOf(Math.max(...row));
    expect(meter.flips).toBe(a.filter((row, i) => plainMax(row) !== plainMax(b[i]!)).length);
    expect(meter.flips).toBeGreaterThan(0);
  });
});

describe("flips and accuracy", () => {
  test("count rows whose argmax moved, and rows that are right", () => {
    const meter = measured(
      "classifier",
      [[[1, 0]], [[1, 0]], 0],
      [[[0, 1]], [[1, 0]], 1],
      [[[1, 0]], [[1, 0]], 1],
    );
    expect([meter.flips, meter.accuracy, meter.count]).toEqual([1, 2 / 3, 3]);
  });

  test("a row with a NaN decides nothing: it flips and is wrong, unless the reference decided nothing either", () => {
    const meter = measured("classifier", [[[NaN, 0]], [[1, 0]], 0], [[[NaN, 0]], [[0, NaN]], 0]);
    expect([meter.flips, meter.accuracy, meter.error]).toEqual([1, 0, null]);
  });

  test("without labels there is no accuracy", () => {
    expect(measured("classifier", [[[1, 0]], [[1, 0]]]).accuracy).toBeNull();
  });
});

test("the first of equal largest entries wins; any NaN makes it -1", () => {
  expect([argmax([1, 3, 3]), argmax([-Infinity, -Infinity]), argmax([1, NaN, 3]), argmax([])]).toEqual([
    0 + 1,
    0,
    -1,
    0,
  ]);
});

test("one output of rows of two numbers or more is taken for a classifier's", () => {
  const of = (...dims: number[][]): Task =>
    guessTask(
      new Map(
        dims.map((d, i) => [`y${i}`, tensorOf(d, new Array<number>(d.reduce((a, b) => a * b, 1)).fill(0))]),
      ),
    );
  expect([
    of([1, 10]),
    of([4, 2]),
    of([1, 1]),
    of([10]),
    of([1, 3, 8, 8]),
    of([1, 10], [1, 10]),
    of(),
  ]).toEqual(["classifier", "classifier", "values", "values", "values", "values", "values"]);
});
