// Losses and rotations: what ONNX's own cases leave open.
import { expect, test } from "vitest";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

test("a target is a class, or what is to be ignored", () => {
  const x = floats([2, 2], [-1, -2, -3, -4]);
  const loss = (targets: number[], attrs = {}) =>
    listAfter("NegativeLogLikelihoodLoss", [x, ints(...targets), floats([2], [1, 3])], attrs);
  expect(loss([0, 1])).toEqual([(1 + 3 * 4) / 4]);
  expect(loss([0, -7], { ignore_index: -7, reduction: "none" })).toEqual([1, 0]);
  expect(() => loss([0, 2])).toThrow("the target 2 of NegativeLogLikelihoodLoss is none of its 2 classes");
  expect(() => run("SoftmaxCrossEntropyLoss", [counting(2, 3, 4), counting(2)])).toThrow("int32 or int64");
});

test("RotaryEmbedding turns each pair by its angle and leaves the rest", () => {
  // A quarter turn at position 1: (x, y) -> (-y, x).
  const [cos, sin] = [floats([2, 1], [1, 0]), floats([2, 1], [0, 1])];
  const x = floats([1, 1, 2, 4], [1, 2, 3, 4, 1, 2, 3, 4]);
  const turned = (attrs: object) =>
    listAfter("RotaryEmbedding", [x, cos, sin, of("int64", [1, 2], [1, 0])], {
      rotary_embedding_dim: 2,
      ...attrs,
    }).map((v) => Number(v) + 0);
  expect(turned({})).toEqual([-2, 1, 3, 4, 1, 2, 3, 4]);
  expect(() => turned({ rotary_embedding_dim: 4 })).toThrow("turns 2 pairs, but its caches have 1 angles");
  expect(() =>
    run("RotaryEmbedding", [x, cos, sin, of("int64", [1, 2], [0, 2])], { rotary_embedding_dim: 2 }),
  ).toThrow("RotaryEmbedding has no angle for position 2");
});
