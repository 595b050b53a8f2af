import { expect, test } from "vitest";
import { chooseBySoftmax } from "./softmax-test.js";

/** The places to compute again, rows of `last`; all are members unless told otherwise. */
function chosen(
  values: number[],
  last: number,
  tau: number,
  scale = 1,
  members = values.map(() => 1),
): number[] {
  const again = new Uint8Array(values.length);
  chooseBySoftmax({ tau, scale }, values, last, Uint8Array.from(members), again);
  return values.flatMap((_, i) => (again[i] === 1 ? [i] : []));
}

const ln = Math.log;

test("keeps the smallest p (1 - p) while their sum is within tau", () => {
  // p = 1/8, 1/8, 1/4, 1/2: weights 7/64, 7/64, 12/64, 16/64.
  const row = [ln(1), ln(1), ln(2), ln(4)];
  expect(chosen(row, 4, 0.1)).toEqual([0, 1, 2, 3]);
  // Of equal ones the first.
  expect(chosen(row, 4, 0.12)).toEqual([1, 2, 3]);
  expect(chosen(row, 4, 0.22)).toEqual([2, 3]);
  expect(chosen(row, 4, 0.41)).toEqual([3]);
  expect(chosen(row, 4, 0.66)).toEqual([]);
  expect(chosen(row, 4, 0)).toEqual([0, 1, 2, 3]);
});

test("a logit that is certain, or hopeless, may stay low", () => {
  expect(chosen([0, 1000, 0], 3, 0)).toEqual([]);
  expect(chosen([0, -Infinity, 0], 3, 0)).toEqual([0, 2]);
});

test("scale multiplies the values", () => {
  const row = [0, 1, 2, 3];
  for (const tau of [0.05, 0.1, 0.2, 0.3])
    expect(chosen(row, 4, tau, 0.5)).toEqual(
      chosen(
        row.map((v) => v / 2),
        4,
        tau,
      ),
    );
  expect(chosen(row, 4, 0.3, -1)).toEqual(chosen([...row].reverse(), 4, 0.3));
});

test("every row has its own budget; p counts the whole row, the sum only members", () => {
  const row = [ln(1), ln(1), ln(2), ln(4)];
  expect(chosen([...row, 0, 0, 0, 0, ...row], 4, 0.22)).toEqual([2, 3, 5, 6, 7, 10, 11]);
  expect(chosen(row, 4, 0.22, 1, [0, 1, 0, 1])).toEqual([3]);
  expect(chosen(row, 4, 0.2, 1, [0, 0, 1, 0])).toEqual([]);
});

test("where p is NaN all the members of the row are computed again", () => {
  for (const bad of [NaN, Infinity]) {
    expect(chosen([0, bad, 2, 1, 2, 3], 3, 10)).toEqual([0, 1, 2]);
    expect(chosen([0, bad, 2], 3, 10, 1, [1, 0, 0])).toEqual([0]);
  }
  expect(chosen([-Infinity, -Infinity], 2, 10)).toEqual([0, 1]);
});
