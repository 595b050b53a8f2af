// Recurrent networks against their formulas, with one hidden unit: ONNX's cases have a direction and defaults only.
import { expect, test } from "vitest";
import { counting, floats, listAfter, of, run } from "./testing.js";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const close = (actual: ArrayLike<number | bigint>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  Array.from(actual).forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 12));
};
const x = floats([3, 1, 1], [1, -2, 0.5]);

test("RNN in both directions, of sequences of their own lengths", () => {
  const two = floats([3, 2, 1], [1, 10, 2, 20, 3, 30]);
  const inputs = [two, floats([2, 1, 1], [1, 1]), floats([2, 1, 1], [2, 2]), null, of("int32", [2], [3, 2])];
  const attrs = { direction: "bidirectional", activations: ["Affine", "Affine"] };
  const [all, last] = run("RNN", inputs, attrs);
  // Forward 1, 2 + 2, 3 + 8; backward 3, 2 + 6, 1 + 16. The second sequence ends after two steps.
  expect([...(all!.data as Float64Array)]).toEqual([1, 10, 17, 50, 4, 40, 8, 20, 11, 0, 3, 0]);
  expect(all!.dims).toEqual([3, 2, 2, 1]);
  expect([...(last!.data as Float64Array)]).toEqual([11, 40, 17, 50]);
});

test("layout 1 puts the batch first", () => {
  const weights = [floats([1, 1, 1], [1]), floats([1, 1, 1], [2])];
  const outputs = run("RNN", [floats([2, 3, 1], [1, 2, 3, 10, 20, 30]), ...weights], {
    layout: 1,
    activations: ["affine"],
  });
  expect(outputs.map(({ dims }) => dims)).toEqual([
    [2, 3, 1, 1],
    [2, 1, 1],
  ]);
  expect([...(outputs[0]!.data as Float64Array)]).toEqual([1, 4, 11, 10, 40, 110]);
  expect([...(outputs[1]!.data as Float64Array)]).toEqual([11, 110]);
});

test("alphas and betas go to the functions that take them, and clip bounds what all are given", () => {
  const weights = [floats([1, 1, 1], [10]), floats([1, 1, 1], [0])];
  const at = (
    activations: string[],
    activation_alpha: number[],
    activation_beta: number[] = [],
    clip?: number,
  ) =>
    listAfter("RNN", [x, ...weights], {
      activations,
      activation_alpha,
      activation_beta,
      ...(clip !== undefined && { clip }),
    });
  close(at(["LeakyRelu"], [0.5]), [10, -10, 5]);
  close(
    at(["ScaledTanh"], [3], [0.1]),
    [1, -2, 0.5].map((v) => 3 * Math.tanh(v)),
  );
  expect(at(["ThresholdedRelu"], [5])).toEqual([10, 0, 0]);
  expect(at(["Relu"], [], [], 6)).toEqual([6, 0, 5]);
  expect(() => at(["Cosine"], [])).toThrow('RNN has the activation "Cosine"');
  expect(() => at(["Relu", "Relu"], [])).toThrow(
    "RNN has 2 activations, but needs 1 for each of 1 directions",
  );
});

test.each([0, 1])("GRU with linear_before_reset %i", (linear) => {
  const [w, r, b] = [
    [0.5, -0.25, 1],
    [0.3, 0.7, -1.1],
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
  ];
  const inputs = [
    x,
    floats([1, 3, 1], w),
    floats([1, 3, 1], r),
    floats([1, 6], b),
    null,
    floats([1, 1, 1], [0.2]),
  ];
  let h = 0.2;
  const expected = [1, -2, 0.5].map((v) => {
    const z = sigmoid(w[0]! * v + r[0]! * h + b[0]! + b[3]!);
    const reset = sigmoid(w[1]! * v + r[1]! * h + b[1]! + b[4]!);
    const own = linear ? reset * (r[2]! * h + b[5]!) : r[2]! * reset * h + b[5]!;
    h = (1 - z) * Math.tanh(w[2]! * v + own + b[2]!) + z * h;
    return h;
  });
  close(listAfter("GRU", inputs, { linear_before_reset: linear }), expected);
});

test.each([0, 1])("LSTM with peepholes, reversed, input_forget %i", (coupled) => {
  const [w, r, p] = [
    [0.5, -0.25, 1, 0.8],
    [0.3, 0.7, -1.1, 0.9],
    [0.6, -0.4, 0.2],
  ];
  const inputs = [x, floats([1, 4, 1], w), floats([1, 4, 1], r), null, null];
  const states = [floats([1, 1, 1], [0.2]), floats([1, 1, 1], [-0.3]), floats([1, 3], p)];
  let [h, c] = [0.2, -0.3];
  const expected = [0.5, -2, 1].map((v) => {
    const i = sigmoid(w[0]! * v + r[0]! * h + p[0]! * c);
    const f = coupled ? 1 - i : sigmoid(w[2]! * v + r[2]! * h + p[2]! * c);
    c = f * c + i * Math.tanh(w[3]! * v + r[3]! * h);
    h = sigmoid(w[1]! * v + r[1]! * h + p[1]! * c) * Math.tanh(c);
    return h;
  });
  const outputs = run("LSTM", [...inputs, ...states], { direction: "reverse", input_forget: coupled });
  close(outputs[0]!.data as Float64Array, expected.reverse());
  close(outputs[1]!.data as Float64Array, [h]);
  close(outputs[2]!.data as Float64Array, [c]);
});

test("inputs that do not go together are refused", () => {
  expect(() => run("LSTM", [x, counting(1, 4, 1), counting(1, 3, 1)])).toThrow(
    "hidden_size and the weights of LSTM",
  );
  expect(() => run("RNN", [x, counting(1, 1, 2), counting(1, 1, 1)])).toThrow(
    "X and W of RNN do not fit together",
  );
  expect(() => run("RNN", [x, counting(1, 1, 1), counting(1, 1, 1), null, of("int32", [1], [4])])).toThrow(
    "sequence 0 of RNN is 4 steps long, but X has 3",
  );
});
