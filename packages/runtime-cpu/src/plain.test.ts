// Operators without sums on binary32 data: the reference's numbers after its one rounding, bit for bit.
import { tensor, type Node, type Tensor } from "@mpplan/ir";
import { createReferenceBackend, type Kernel, type KernelBackend, type KernelResult } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { createCpuBackend } from "./backend.js";
import { differences, nodeOf, numbers, type NumbersName } from "@mpplan/testkit";

const backends = [createCpuBackend(), createReferenceBackend()] as const;

function outputOf(backend: KernelBackend, node: Node, inputs: readonly Tensor[]): Tensor {
  const kernel = backend.kernelFor({
    ...{ node, site: null, decision: null, accumulators: [], firstComponent: 0 },
    ...{ storage: "binary32", seed: 0 },
  }) as Kernel;
  const handles = inputs.map((t) => backend.upload(t));
  const { outputs } = kernel.run(handles, { salt: 0, memo: null }) as KernelResult;
  return backend.download(outputs[0]!) as Tensor;
}

function compare(op: Node["op"], inputs: readonly Tensor[], attrs: Node["attrs"] = {}): void {
  const node = nodeOf(op, inputs.length, attrs);
  const [actual, expected] = backends.map((backend) => outputOf(backend, node, inputs));
  expect(actual!.data, "computed on binary32 data").toBeInstanceOf(Float32Array);
  expect(actual!.dims).toEqual(expected!.dims);
  const rounded = new Float32Array(expected!.data as Float64Array);
  expect(differences(actual!.data as Float32Array, rounded)).toEqual([]);
}

const of = (kind: NumbersName, dims: number[], seed = 1): Tensor =>
  tensor(
    "float32",
    dims,
    numbers[kind](
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
  );

const kinds: NumbersName[] = ["full", "wide", "special", "huge", "subnormal"];

describe.each(["Add", "Sub", "Mul", "Div"] as const)("%s", (op) => {
  const shapes: [number[], number[]][] = [
    [[], []],
    [[7], []],
    [
      [2, 3, 4, 5],
      [2, 3, 4, 5],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 1],
    ],
    [[2, 3, 4, 5], [5]],
    [
      [2, 1, 4, 1],
      [3, 1, 5],
    ],
    [
      [1, 6],
      [4, 1],
    ],
    [
      [2, 1, 3],
      [1, 4, 3],
    ],
    [[0, 3], [3]],
  ];
  test.each(shapes)("of %j and %j", (a, b) => {
    for (const kind of kinds) {
      compare(op, [of(kind, a), of("full", b, 2)]);
      compare(op, [of("full", b, 2), of(kind, a)]);
    }
  });
});

describe.each(["MaxPool", "AveragePool"] as const)("%s", (op) => {
  const window = {
    ...{ auto_pad: "NOTSET", ceil_mode: 0, storage_order: 0, count_include_pad: 0 },
    ...{ strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
  };
  test.each<[number[], Node["attrs"]]>([
    [[2, 3, 6, 8], { kernel_shape: [2, 2], strides: [2, 2] }],
    [[2, 3, 7, 9], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
    [[1, 2, 7, 5], { kernel_shape: [3, 2], pads: [2, 0, 1, 1], count_include_pad: 1 }],
    [[1, 2, 7, 5], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, count_include_pad: 1 }],
    [[1, 2, 9, 9], { kernel_shape: [3, 2], dilations: [2, 3], pads: [1, 2, 0, 1] }],
    [[1, 1, 5, 5], { kernel_shape: [3, 3], auto_pad: "SAME_UPPER", strides: [2, 1] }],
    [[2, 3, 11], { kernel_shape: [4], strides: [3], pads: [2, 1], dilations: [1] }],
    [
      [1, 2, 4, 3, 5],
      { kernel_shape: [2, 2, 2], strides: [1, 1, 1], pads: [0, 0, 0, 0, 0, 0], dilations: [1, 1, 1] },
    ],
    [[0, 2, 4, 4], { kernel_shape: [2, 2] }],
  ])("over %j, %j", (dims, attrs) => {
    for (const kind of [...kinds, "zeros"] as const) compare(op, [of(kind, dims)], { ...window, ...attrs });
  });
});

test("a window that covers no element is the error of the reference", () => {
  const attrs = { kernel_shape: [2], dilations: [2], pads: [1, 1], strides: [1], auto_pad: "NOTSET" };
  const node = nodeOf("MaxPool", 1, { ...attrs, ceil_mode: 0, storage_order: 0 });
  expect(() => outputOf(backends[0], node, [of("full", [1, 1, 1])])).toThrow("covers no element");
});

test("Softmax along any axis, GlobalAveragePool and BatchNormalization", () => {
  for (const kind of kinds) {
    for (const axis of [0, 1, -1]) compare("Softmax", [of(kind, [3, 5, 4])], { axis });
    compare("GlobalAveragePool", [of(kind, [2, 5, 3, 4])]);
    for (const dims of [
      [2, 5, 3, 4],
      [4, 5],
      [0, 5, 2],
    ]) {
      const statistics = (["full", "wide", "full", "positive"] as const).map((k, i) => of(k, [5], i));
      compare("BatchNormalization", [of(kind, dims), ...statistics], { epsilon: 1e-5, training_mode: 0 });
    }
  }
});
