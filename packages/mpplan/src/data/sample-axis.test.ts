import type { Dim } from "@mpplan/ir";
import { expect, test } from "vitest";
import { sampleLayout } from "./sample-axis.js";

const cases: [
  dims: number[],
  shape: Dim[] | null,
  count: number,
  sample: number[],
  reshapedFrom?: number[],
][] = [
  [[1, 784], ["N", 784], 1, [1, 784]],
  [[200, 784], ["N", 784], 200, [1, 784]],
  [[200, 784], [null, 784], 200, [1, 784]],
  [[200, 1, 784], ["N", 784], 200, [1, 784]],
  [[200, 28, 28], ["N", 784], 200, [1, 784], [28, 28]],
  [[200, 1, 28, 28], ["N", 784], 200, [1, 784], [1, 28, 28]],
  [[28, 28], ["N", 784], 1, [1, 784], [28, 28]],
  [[784], ["N", 784], 1, [1, 784], [784]],
  [[200, 1, 28, 28], ["N", 1, 28, 28], 200, [1, 1, 28, 28]],
  [[200, 1, 28, 28], [1, 1, 28, 28], 200, [1, 1, 28, 28]],
  [[200, 1, 1, 28, 28], [1, 1, 28, 28], 200, [1, 1, 28, 28]],
  [[200, 28, 28], [1, 1, 28, 28], 200, [1, 1, 28, 28], [28, 28]],
  [[200, 28, 28, 1], ["N", 1, 28, 28], 200, [1, 1, 28, 28], [28, 28, 1]],
  [[200, 784], ["N", 1, 28, 28], 200, [1, 1, 28, 28], [784]],
  [[5, 3, 32, 48], ["N", 3, "H", "W"], 5, [1, 3, 32, 48]],
  [[8, 784], [8, 784], 1, [8, 784]],
  [[64, 784], [8, 784], 8, [8, 784]],
  [[64, 28, 28], [8, 784], 8, [8, 784], [28, 28]],
  [[5, 8, 784], [8, 784], 5, [8, 784]],
  [[784], [784], 1, [784]],
  [[9, 784], [784], 9, [784]],
  [[9, 28, 28], [784], 9, [784], [28, 28]],
  [[6], ["N"], 6, [1]],
  [[], [], 1, []],
  [[4], [], 4, []],
  [[3, 5], null, 1, [3, 5]],
];

test.each(cases)("%j for an input %j is %i samples of %j", (dims, shape, count, sample, from) => {
  expect(sampleLayout(dims, shape)).toEqual({
    kind: "fits",
    count,
    dims: sample,
    reshapedFrom: from ?? null,
  });
});

test.each<[number[], Dim[], RegExp]>([
  [[200, 783], ["N", 784], /does not fit/],
  [[784, 200], ["N", 784], /another order|does not fit/],
  [[200, 28, 28, 3], ["N", 3, 28, 28], /another order/],
  [[28, 28, 3], ["N", 3, 28, 28], /another order/],
  [[60, 784], [8, 784], /8 items at a time, and 60 items leave a rest of 4/],
  [[60, 28, 28], [8, 784], /rest of 4/],
  [[1568], [784], /does not fit/],
  [[0, 784], ["N", 784], /no numbers/],
  [[3, 32, 48], ["N", 3, "H", "W"], /does not fit/],
  [[4, 4], [], /does not fit/],
])("%j for an input %j is refused", (dims, shape, what) => {
  expect(sampleLayout(dims, shape)).toMatchObject({ kind: "misfit", what: expect.stringMatching(what) });
});
