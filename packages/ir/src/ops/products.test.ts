// The operators that carry out planned sums: their shapes, and what they state of their sums.
import { expect, test } from "vitest";
import { constant, shapeAfter, sums, value } from "./testing.js";

const product = { term: "product", sameSign: false };

test("Conv: an output channel is a neuron, a sum has channels / group x kernel terms", () => {
  const weights = constant("float32", [8, 2, 3, 3]);
  expect(shapeAfter("Conv", [["N", 4, 28, 28], weights], { group: 2 })).toEqual(["N", 8, 26, 26]);
  expect(sums("Conv", [["N", 4, 28, 28], weights], { group: 2 })).toEqual({
    ...product,
    neurons: 8,
    components: 8 * 26 * 26,
    length: 18,
  });
  expect(sums("Conv", [[5, 4, 28, 28], weights], { group: 2 })?.components).toBe(5 * 8 * 26 * 26);
  expect(sums("Conv", [["N", 4, "H", 28], weights], { group: 2 })).toBeNull();
});

test("Conv in one and three dimensions, with SAME padding and dilation", () => {
  expect(
    shapeAfter(
      "Conv",
      [
        [1, 1, 7],
        [2, 1, 3],
      ],
      { auto_pad: "SAME_UPPER", strides: [2] },
    ),
  ).toEqual([1, 2, 4]);
  expect(
    shapeAfter(
      "Conv",
      [
        [1, 1, 7, 7, 7],
        [1, 1, 2, 2, 2],
      ],
      { dilations: [1, 2, 3] },
    ),
  ).toEqual([1, 1, 6, 5, 4]);
});

test("Conv refuses what does not fit", () => {
  const conv =
    (weights: number[], attrs = {}, bias?: number[]) =>
    () =>
      shapeAfter("Conv", [[1, 4, 5, 5], weights, bias ?? null], attrs);
  expect(conv([8, 3, 3, 3])).toThrow("4 channels, but its weights are for 3 x 1");
  expect(conv([3, 2, 3, 3], { group: 2 })).toThrow("do not divide into 2 groups");
  expect(conv([8, 4, 3])).toThrow("weights of rank 3");
  expect(conv([8, 4, 3, 3], { kernel_shape: [3, 2] })).toThrow("kernel_shape of Conv must fit");
  expect(conv([8, 4, 3, 3], {}, [7])).toThrow("bias of Conv must fit its weights: 8 against 7");
  expect(conv([8, 4, 3, 3], { group: 0 })).toThrow("0 groups");
  expect(conv([8, 4, 6, 3])).toThrow("covers 6 elements");
});

test("Gemm: an output column is a neuron", () => {
  expect(shapeAfter("Gemm", [["N", 784], [10, 784], [10]], { transB: 1 })).toEqual(["N", 10]);
  expect(
    sums(
      "Gemm",
      [
        ["N", 784],
        [10, 784],
      ],
      { transB: 1 },
    ),
  ).toEqual({
    ...product,
    neurons: 10,
    components: 10,
    length: 784,
  });
  expect(
    sums(
      "Gemm",
      [
        [784, 3],
        [784, 10],
      ],
      { transA: 1 },
    )?.components,
  ).toBe(30);
});

// Found by pnpm fuzz: the shape took a 2 for true, the kernels for false, so that neurons had no decision.
test.each(["transA", "transB"])("Gemm refuses a %s that is neither 0 nor 1", (name) => {
  expect(() =>
    shapeAfter(
      "Gemm",
      [
        [4, 4],
        [4, 4],
      ],
      { [name]: 2 },
    ),
  ).toThrow(`the attribute "${name}" of Gemm is 2, but has to be 0 or 1`);
});

test("Gemm refuses what does not fit", () => {
  expect(() =>
    shapeAfter("Gemm", [
      [2, 3],
      [4, 5],
    ]),
  ).toThrow("inner sizes of Gemm [2, 3] x [4, 5]");
  expect(() => shapeAfter("Gemm", [[2, 3], [3, 5], [4]])).toThrow("cannot broadcast");
  expect(() =>
    shapeAfter("Gemm", [
      [1, 3],
      [3, 5],
      [2, 5],
    ]),
  ).toThrow("does not broadcast to [1, 5]");
  expect(() =>
    shapeAfter("Gemm", [
      [2, 3, 4],
      [3, 5],
    ]),
  ).toThrow("has rank 3");
  expect(() => shapeAfter("Gemm", [value([2, 2], "int32"), value([2, 2], "int32")])).toThrow("floats");
});

test("MatMul by a constant matrix: an output column is a neuron, leading axes are samples", () => {
  const weights = constant("float32", [64, 32]);
  expect(shapeAfter("MatMul", [["N", "T", 64], weights, [32]])).toEqual(["N", "T", 32]);
  expect(sums("MatMul", [["N", "T", 64], weights])).toEqual({
    ...product,
    neurons: 32,
    components: 32,
    length: 64,
  });
  expect(sums("MatMul", [["N", 5, 64], weights])?.components).toBe(160);
});

test("MatMul of two activations: a head is a neuron", () => {
  const attention = sums("MatMul", [
    ["N", 4, 10, 16],
    ["N", 4, 16, 10],
  ]);
  expect(attention).toEqual({ ...product, neurons: 4, components: 400, length: 16 });
  expect(
    sums("MatMul", [
      [10, 16],
      [16, 10],
    ])?.neurons,
  ).toBe(1);
  // Heads are numbered within a sample, so an axis of unknown size has to come first.
  expect(
    sums("MatMul", [
      [4, "N", 10, 16],
      [4, "N", 16, 10],
    ]),
  ).toBeNull();
  // One matrix for the whole batch is one head.
  expect(
    sums("MatMul", [
      [3, 10, 16],
      [16, 10],
    ]),
  ).toEqual({
    ...product,
    neurons: 1,
    components: 300,
    length: 16,
  });
  expect(
    sums("MatMul", [
      ["N", 4, 10, "T"],
      ["N", 4, "T", 10],
    ]),
  ).toBeNull();
});

test("MatMul multiplies lists as rows and columns, and broadcasts batches", () => {
  expect(shapeAfter("MatMul", [[3], [3]])).toEqual([]);
  expect(shapeAfter("MatMul", [[4], [2, 4, 5]])).toEqual([2, 5]);
  expect(shapeAfter("MatMul", [[2, 3, 4], [4]])).toEqual([2, 3]);
  expect(
    shapeAfter("MatMul", [
      [7, 1, 3, 4],
      [2, 4, 5],
    ]),
  ).toEqual([7, 2, 3, 5]);
});

test("MatMul refuses what does not fit", () => {
  expect(() =>
    shapeAfter("MatMul", [
      [2, 3],
      [4, 5],
    ]),
  ).toThrow("inner sizes of MatMul [2, 3] x [4, 5]");
  expect(() =>
    shapeAfter("MatMul", [
      [2, 2, 3],
      [3, 3, 5],
    ]),
  ).toThrow("cannot broadcast");
  expect(() => shapeAfter("MatMul", [[], [3]])).toThrow("has rank 0");
  expect(() => shapeAfter("MatMul", [[2, 3], [3, 5], [4]])).toThrow("bias of MatMul must fit its columns");
  expect(() => shapeAfter("MatMul", [[2, 3], [3], [3]])).toThrow("no columns");
});

test("a node that sums nothing states no sums", () => {
  expect(sums("MatMul", [[2, 0], constant("float32", [0, 3])])).toBeNull();
});
