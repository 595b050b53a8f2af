import { expect, test } from "vitest";
import { printGraph } from "./print.js";
import { convNet, GraphBuilder, mlp, tensorOf } from "./testing.js";

test("an MLP prints a line per node, with its sums", () => {
  expect(printGraph(mlp([4, 6, 3]))).toMatchInlineSnapshot(`
    "graph "tiny" sha256:abababababab
    input %x : float32[1, 4]
    const fc1.weight : float32[6, 4]
    const fc1.bias : float32[6]
    const fc2.weight : float32[3, 6]
    const fc2.bias : float32[3]
    %fc1 = Gemm(%x, fc1.weight, fc1.bias) {alpha: 1, beta: 1, transA: 0, transB: 1} : float32[1, 6]  # 6 neurons x 4 terms, then relu
    %fc1.act = Relu(%fc1) : float32[1, 6]
    %fc2 = Gemm(%fc1.act, fc2.weight, fc2.bias) {alpha: 1, beta: 1, transA: 0, transB: 1} : float32[1, 3]  # 3 neurons x 6 terms, then identity
    output %fc2 : float32[1, 3]
    "
  `);
});

test("a convolutional network prints its windows and groups", () => {
  expect(printGraph(convNet())).toMatchInlineSnapshot(`
    "graph "tiny" sha256:abababababab
    input %x : float32[1, 2, 6, 6]
    const conv1.weight : float32[4, 2, 3, 3]
    const conv1.bias : float32[4]
    const bn.var : float32[4]
    const bn.scale : float32[4]
    const bn.bias : float32[4]
    const bn.mean : float32[4]
    const conv2.weight : float32[4, 2, 2, 2]
    const conv2.bias : float32[4]
    const fc.weight : float32[3, 36]
    const fc.bias : float32[3]
    %conv1 = Conv(%x, conv1.weight, conv1.bias) {auto_pad: "NOTSET", group: 1, pads: [1, 1, 1, 1]} : float32[1, 4, 6, 6]  # 4 neurons x 18 terms, then identity
    %bn = BatchNormalization(%conv1, bn.scale, bn.bias, bn.mean, bn.var) {epsilon: 0.000009999999747378752, momentum: 0.8999999761581421, training_mode: 0} : float32[1, 4, 6, 6]
    %relu1 = Relu(%bn) : float32[1, 4, 6, 6]
    %pool = MaxPool(%relu1) {auto_pad: "NOTSET", ceil_mode: 0, storage_order: 0, kernel_shape: [2, 2], strides: [2, 2]} : float32[1, 4, 3, 3]
    %conv2 = Conv(%pool, conv2.weight, conv2.bias) {auto_pad: "NOTSET", group: 2, pads: [0, 0, 1, 1]} : float32[1, 4, 3, 3]  # 4 neurons x 8 terms, then relu
    %relu2 = Relu(%conv2) : float32[1, 4, 3, 3]
    %flat = Flatten(%relu2) {axis: 1} : float32[1, 36]
    %fc = Gemm(%flat, fc.weight, fc.bias) {alpha: 1, beta: 1, transA: 0, transB: 1} : float32[1, 3]  # 3 neurons x 36 terms, then identity
    output %fc : float32[1, 3]
    "
  `);
});

test("unknown shapes, omitted inputs and tensor attributes have a place too", () => {
  const b = new GraphBuilder();
  const x = b.input("x", ["N", null]);
  const clipped = b.node("Clip", [x, null, b.constant("six", tensorOf([], [6]))], {}, "clipped");
  expect(printGraph(b.build(clipped))).toMatchInlineSnapshot(`
    "graph "tiny" sha256:abababababab
    input %x : float32[N, ?]
    const six : float32[]
    %clipped = Clip(%x, _, six) : float32[N, ?]
    output %clipped : float32[N, ?]
    "
  `);
});
