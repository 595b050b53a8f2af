// What ONNX's own cases leave open of the normalisations and of Softmax's kin.
import { expect, test } from "vitest";
import { counting, floats, listAfter, run } from "./testing.js";

const close = (actual: readonly (number | bigint)[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 8));
};

test("LayerNormalization yields mean and 1 / deviation of every line, and takes a scalar scale", () => {
  const outputs = run("LayerNormalization", [floats([2, 2], [1, 3, 0, 10]), floats([], [2])], { epsilon: 0 });
  expect(outputs.map(({ dims }) => dims)).toEqual([
    [2, 2],
    [2, 1],
    [2, 1],
  ]);
  close([...(outputs[0]!.data as Float64Array)], [-2, 2, -2, 2]);
  close([...(outputs[1]!.data as Float64Array)], [2, 5]);
  close([...(outputs[2]!.data as Float64Array)], [1, 1 / 5]);
});

test("a scale that does not broadcast to the input is refused", () => {
  expect(() => run("LayerNormalization", [counting(2, 1), counting(3)])).toThrow(
    "the scale of LayerNormalization, [3], does not broadcast to [2, 1]",
  );
  expect(() => run("RMSNormalization", [counting(2, 2), counting(3)])).toThrow("cannot broadcast");
});

test("InstanceNormalization is GroupNormalization with a group per channel", () => {
  const inputs = [counting(2, 4, 3), floats([4], [1, 2, 3, 4]), floats([4], [0, 1, 0, 1])];
  expect(listAfter("GroupNormalization", inputs, { num_groups: 4 })).toEqual(
    listAfter("InstanceNormalization", inputs),
  );
  expect(() => run("GroupNormalization", inputs, { num_groups: 3 })).toThrow(
    "the 4 channels of GroupNormalization do not divide into 3 groups",
  );
});

test("LRN of an even size looks one channel further ahead than back", () => {
  const x = floats([1, 3, 1], [1, 2, 3]);
  const expected = [1 / (1 + 5 / 2), 2 / (1 + 13 / 2), 3 / (1 + 9 / 2)];
  close(listAfter("LRN", [x], { size: 2, alpha: 1, beta: 1, bias: 1 }), expected);
});

test("LpNormalization of zeros is zeros", () => {
  expect(listAfter("LpNormalization", [floats([2, 2], [0, 0, 3, -4])])).toEqual([0, 0, 3 / 5, -4 / 5]);
  expect(() => run("LpNormalization", [counting(2)], { p: 3 })).toThrow("p = 3");
});

test("MeanVarianceNormalization takes any axes", () => {
  close(
    listAfter("MeanVarianceNormalization", [floats([2, 2], [1, 0, 3, 10])], { axes: [0] }),
    [-1, -1, 1, 1],
  );
});

test("Hardmax marks the first of equals, LogSoftmax does not overflow", () => {
  expect(listAfter("Hardmax", [floats([2, 3], [1, 2, 2, 0, 0, 0])])).toEqual([0, 1, 0, 1, 0, 0]);
  close(listAfter("LogSoftmax", [floats([2], [1000, 1000])]), [-Math.LN2, -Math.LN2]);
});
