import { expect, test } from "vitest";
import { sumSites } from "./sites.js";
import { GraphBuilder, randomTensor, tensorOf } from "./testing.js";

/** Scores [2, 5, 7] of two activations, then whatever `tail` adds; the softmax that is found for them. */
function softmaxThrough(tail: (b: GraphBuilder, scores: string) => string[]): number | null {
  const b = new GraphBuilder();
  const scores = b.node("MatMul", [b.input("q", [2, 5, 3]), b.input("k", [2, 3, 7])], {}, "scores");
  return sumSites(b.build(...tail(b, scores)))[0]!.softmax?.scale ?? null;
}

const number = (b: GraphBuilder, name: string, x: number, dims: number[] = []): string =>
  b.constant(name, tensorOf(dims, [x]));

test("a softmax over the last axis, with what the scores are multiplied by on the way", () => {
  expect(softmaxThrough((b, s) => [b.node("Softmax", [s], { axis: -1 })])).toBe(1);
  expect(softmaxThrough((b, s) => [b.node("Softmax", [s], { axis: 2 })])).toBe(1);
  expect(
    softmaxThrough((b, s) => {
      const divided = b.node("Div", [s, number(b, "d", 8, [1, 1])]);
      const scaled = b.node("Mul", [number(b, "m", -0.5), divided]);
      return [b.node("Softmax", [scaled])];
    }),
  ).toBe(-0.0625);
});

test("through what keeps the last axis in one piece, and through a constant mask", () => {
  expect(
    softmaxThrough((b, s) => {
      const masked = b.node("Add", [b.constant("mask", randomTensor([5, 7], 1)), s]);
      const moved = b.node("Transpose", [masked], { perm: [1, 0, 2] });
      const flat = b.node("Reshape", [moved, b.constant("to", tensorOf([2], [10, 7], "int64"))]);
      const thick = b.node("Unsqueeze", [flat, b.constant("axes", tensorOf([1], [0], "int64"))]);
      return [b.node("Softmax", [b.node("Mul", [thick, number(b, "m", 0.25)])])];
    }),
  ).toBe(0.25);
});

test("not over another axis, not where rows are torn apart or mixed, not where more is read of the scores", () => {
  const none: Parameters<typeof softmaxThrough>[0][] = [
    (_, s) => [s],
    (b, s) => [b.node("Softmax", [s], { axis: 1 })],
    (b, s) => [b.node("Softmax", [b.node("Transpose", [s], { perm: [0, 2, 1] })])],
    (b, s) => [
      b.node("Softmax", [b.node("Reshape", [s, b.constant("to", tensorOf([2], [14, 5], "int64"))])]),
    ],
    (b, s) => [b.node("Softmax", [b.node("Add", [s, b.input("mask", [5, 7])])])],
    (b, s) => [b.node("Softmax", [b.node("Add", [s, b.constant("wider", randomTensor([3, 1, 1, 1], 1))])])],
    (b, s) => [b.node("Softmax", [b.node("Mul", [s, b.constant("row", randomTensor([7], 1))])])],
    (b, s) => [b.node("Softmax", [b.node("Div", [number(b, "one", 1), s])])],
    (b, s) => [b.node("Softmax", [b.node("Div", [s, number(b, "zero", 0)])])],
    (b, s) => [b.node("Softmax", [b.node("Relu", [s])])],
    (b, s) => [b.node("Softmax", [s]), b.node("Relu", [s])],
    (b, s) => [b.node("Softmax", [s]), s],
  ];
  for (const tail of none) expect(softmaxThrough(tail), String(tail)).toBeNull();
});
