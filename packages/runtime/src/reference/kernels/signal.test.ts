// Signals, where ONNX's own cases do not look.
import { expect, test } from "vitest";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

const rounded = (list: (number | bigint)[]): number[] =>
  list.map((x) => Math.round(Number(x) * 1e9) / 1e9 + 0);
const scalar = (x: number) => of("int64", [], [x]);

test("an odd transform and back, whole and by half", () => {
  const x = floats([1, 5, 1], [1, -2, 3, 0.5, 4]);
  const [spectrum] = run("DFT", [x]);
  expect(rounded(listAfter("DFT", [spectrum!], { inverse: 1 }))).toEqual([1, 0, -2, 0, 3, 0, 0.5, 0, 4, 0]);
  const [half] = run("DFT", [x], { onesided: 1 });
  expect(half!.dims).toEqual([1, 3, 2]);
  const back = listAfter("DFT", [half!, scalar(5)], { onesided: 1, inverse: 1 });
  expect(rounded(back)).toEqual([1, -2, 3, 0.5, 4]);
  expect(run("DFT", [half!], { onesided: 1, inverse: 1 })[0]!.dims).toEqual([1, 4, 1]);
});

test("a transform pads or cuts to its length, along any axis but the last", () => {
  const x = floats([2, 1, 1], [1, 2]);
  expect(rounded(listAfter("DFT", [x, scalar(1), scalar(0)]))).toEqual([1, 0]);
  expect(rounded(listAfter("DFT", [x, scalar(4), scalar(-3)]))).toEqual([3, 0, 1, -2, -1, 0, 1, 2]);
  expect(() => run("DFT", [x, null, scalar(2)])).toThrow("axis 2 of DFT is out of range");
  expect(() => run("DFT", [x, scalar(0)])).toThrow("the length 0");
  expect(() => run("DFT", [floats([1, 3], [1, 2, 3])])).toThrow("1 or 2 elements");
  expect(run("DFT", [floats([0, 3, 1], [])])[0]!.dims).toEqual([0, 3, 2]);
});

test("STFT cuts frames, weighs them and transforms each", () => {
  const x = counting(1, 5, 1);
  const window = floats([2], [1, 0.5]);
  const [y] = run("STFT", [x, scalar(2), window]);
  expect(y!.dims).toEqual([1, 2, 2, 2]);
  expect(rounded([...(y!.data as Float64Array)])).toEqual([0.5, 0, -0.5, 0, 3.5, 0, 0.5, 0]);
  expect(run("STFT", [x, scalar(1)], { onesided: 0 })[0]!.dims).toEqual([1, 1, 5, 2]);
  expect(() => run("STFT", [x, scalar(1), null, scalar(6)])).toThrow("frames of 6");
  expect(() => run("STFT", [x, scalar(0), window])).toThrow("frame step of 0");
  expect(() => run("STFT", [x, scalar(1), window, scalar(3)])).toThrow("window as long");
  expect(() => run("STFT", [floats([1, 2, 2], [1, 2, 3, 4]), scalar(1)])).toThrow("complex");
});

test("windows of one element and of none, in other types", () => {
  const symmetric = { periodic: 0 };
  expect(listAfter("HannWindow", [scalar(1)], symmetric)).toEqual([1]);
  expect(listAfter("HannWindow", [scalar(0)], symmetric)).toEqual([]);
  expect(rounded(listAfter("HannWindow", [scalar(3)], symmetric))).toEqual([0, 1, 0]);
  expect(run("HammingWindow", [scalar(2)], { output_datatype: "float64" })[0]!.elem).toBe("float64");
  expect(() => run("BlackmanWindow", [scalar(-1)])).toThrow("-1 is no size");
});

test("mel filters beyond half the sample rate are refused", () => {
  const inputs = (highest: number) => [
    scalar(4),
    scalar(16),
    scalar(8000),
    floats([], [0]),
    floats([], [highest]),
  ];
  expect(run("MelWeightMatrix", inputs(4000))[0]!.dims).toEqual([9, 4]);
  expect(() => run("MelWeightMatrix", inputs(40000))).toThrow("beyond what 8000 samples");
});

test("NonMaxSuppression of nothing, without limits, and of equal scores", () => {
  const boxes = floats([1, 3, 4], [0, 0, 1, 1, 1, 1, 0, 0, 5, 5, 6, 6]);
  const scores = floats([1, 1, 3], [0.5, 0.5, 0.1]);
  expect(run("NonMaxSuppression", [boxes, scores])[0]).toEqual(of("int64", [0, 3], []));
  expect(listAfter("NonMaxSuppression", [boxes, scores, ints(9)])).toEqual([0n, 0n, 0n, 0n, 0n, 2n]);
  const all = [boxes, scores, ints(9), floats([1], [1])];
  expect(listAfter("NonMaxSuppression", all)).toEqual([0n, 0n, 0n, 0n, 0n, 1n, 0n, 0n, 2n]);
  const none = [floats([1, 0, 4], []), floats([1, 2, 0], []), ints(9)];
  expect(run("NonMaxSuppression", none)[0]!.dims).toEqual([0, 3]);
  expect(() => run("NonMaxSuppression", [boxes, floats([1, 1, 2], [1, 1])])).toThrow("score per box");
});

test("DeformConv without offsets is Conv; taps moved outside count nothing", () => {
  const x = counting(1, 1, 4);
  const w = floats([1, 1, 2], [1, 10]);
  const still = floats([1, 2, 3], [0, 0, 0, 0, 0, 0]);
  expect(listAfter("DeformConv", [x, w, still])).toEqual([10, 21, 32]);
  const moved = floats([1, 2, 3], [0.5, 9, 0, 0, 0, -9]);
  expect(listAfter("DeformConv", [x, w, moved])).toEqual([10.5, 20, 2]);
  const mask = floats([1, 2, 3], [1, 1, 1, 0, 0, 0.5]);
  expect(listAfter("DeformConv", [x, w, still, floats([1], [100]), mask])).toEqual([100, 101, 117]);
  expect(() => run("DeformConv", [x, w, floats([1, 1, 3], [0, 0, 0])])).toThrow("offsets of DeformConv");
});
