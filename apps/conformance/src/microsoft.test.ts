// Operators of com.microsoft, and old versions that the importer rewrites, against their formulas. ONNX has no cases of them.
import { expect, test } from "vitest";
import { importOnnx } from "@mpplan/onnx";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import {
  buildModel,
  DataType,
  float,
  floats,
  int,
  node,
  text,
  thrown,
  value,
  weights,
  type ModelSpec,
} from "../../../packages/onnx/test/model-builder.js";

type Attributes = Parameters<typeof node>[3];
type Initializers = NonNullable<ModelSpec["initializers"]>;
const executor = createExecutor(createReferenceBackend());

interface One {
  readonly inputs: string[];
  readonly attributes?: Attributes;
  readonly initializers?: Initializers;
  readonly outputs?: string[];
  readonly domain?: string;
  readonly opset?: number;
}

function modelOf(op: string, dims: number[], one: One): Uint8Array {
  const { domain = "com.microsoft", opset = 17, outputs = ["y"] } = one;
  return buildModel({
    inputs: [value("x", dims)],
    outputs: outputs.filter((name) => name !== "").map((name) => value(name)),
    nodes: [node(op, one.inputs, outputs, one.attributes, { domain })],
    initializers: one.initializers ?? [],
    model: {
      opsetImport: [
        { domain: "", version: opset },
        { domain: "com.microsoft", version: 1 },
      ],
    },
  });
}

/** The elements of every output that is named, and the operators that the node became. */
async function run(
  op: string,
  x: number[],
  dims: number[],
  one: One,
): Promise<{ values: number[][]; ops: string[] }> {
  const graph = importOnnx(modelOf(op, dims, one));
  const session = await executor.prepare(graph, "reference");
  const feeds = new Map([["x", { elem: "float32", dims, data: Float32Array.from(x) } as const]]);
  const results = await session.run(feeds);
  const values = graph.outputs.map((id) => Array.from(results.get(id)!.data as Float64Array));
  return { values, ops: graph.nodes.map((each) => each.op) };
}

const refused = (op: string, one: One, dims = [2, 2]) => thrown(() => importOnnx(modelOf(op, dims, one)));

function close(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5));
}

const x = [-2, -0.5, 0, 1.5];
const logistic = (v: number) => 1 / (1 + Math.exp(-v));
const byTanh = (v: number) => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
/** Tables of the normal distribution: P(-2), P(-1/2), P(0), P(3/2). */
const byErf = x.map((v, i) => v * [0.0227501319, 0.3085375387, 0.5, 0.9331927987][i]!);

test("Gelu, FastGelu, BiasGelu and QuickGelu", async () => {
  const bias = [weights("b", [4], [1, -1, 0.5, 2])];
  const of = async (op: string, one: Partial<One> = {}, input = x) =>
    (await run(op, input, [1, 4], { inputs: ["x"], ...one })).values[0]!;
  close(await of("Gelu"), byErf);
  close(await of("FastGelu"), x.map(byTanh));
  const shifted = [-3, 0.5, -0.5, -0.5];
  close(await of("FastGelu", { inputs: ["x", "b"], initializers: bias }, shifted), x.map(byTanh));
  close(await of("BiasGelu", { inputs: ["x", "b"], initializers: bias }, shifted), byErf);
  close(
    await of("QuickGelu"),
    x.map((v) => v * logistic(1.702 * v)),
  );
  close(
    await of("QuickGelu", { attributes: [float("alpha", 1)] }),
    x.map((v) => v * logistic(v)),
  );
});

test("GemmFastGelu is a product, a bias and FastGelu", async () => {
  const initializers = [
    weights("w", [2, 4], [1, 0, 0, 1, 0, 1, 2, 1]),
    weights("b", [4], [-3, 0.5, -1, -2.5]),
  ];
  const one = { inputs: ["x", "w", "b"], initializers };
  const { values, ops } = await run("GemmFastGelu", [1, -1], [1, 2], one);
  close(values[0]!, [-2, -0.5, -3, -2.5].map(byTanh));
  expect(ops).toEqual(["MatMul", "Add", "Gelu"]);
});

test("attention that ONNX's cannot say is refused", () => {
  const heads = int("num_heads", 1);
  const [wide, flat] = [weights("w", [1, 2, 1, 3, 2]), weights("f", [1, 2, 2])];
  const mask = weights("m", [1, 1, 2, 2]);
  const of = (op: string, inputs: string[], ...more: NonNullable<Attributes>) =>
    refused(op, { inputs, initializers: [wide, flat, mask], attributes: [heads, ...more] }, [1, 2, 2])
      .message;
  expect(of("MultiHeadAttention", ["w"])).toContain("has its queries, keys or values packed");
  expect(of("MultiHeadAttention", ["x", "x", "x", "", "m"])).toContain("has a mask of rank 4");
  expect(of("MultiHeadAttention", ["x", "x", "x", "", "", "", "", "", "f"])).toContain(
    "a buffer of keys that is shared",
  );
  expect(of("Attention", ["x", "f", ""], int("do_rotary", 1))).toContain("turns its queries and keys");
  const group = (inputs: string[], ...more: NonNullable<Attributes>) =>
    of("GroupQueryAttention", inputs, int("kv_num_heads", 1), ...more);
  expect(group(["x", "x", "x", "", "", "f", "f"], int("smooth_softmax", 1))).toContain(
    "has a smooth softmax",
  );
  expect(group(["x", "x", "x", "", "", "f", "f"], int("do_rotary", 1))).toContain(
    "by angles that are not given",
  );
  expect(
    refused("FusedGemm", { inputs: ["x", "x"], attributes: [text("activation", "Mish")] }).message,
  ).toContain('FusedGemm has the activation "Mish"');
});

test("the skip connections are added first, and their sum is an output", async () => {
  const initializers = [
    weights("skip", [2, 2], [1, 1, 0, 2]),
    weights("g", [2], [2, 3]),
    weights("s", [2], [10, 20]),
    weights("b", [2], [0, 2]),
  ];
  const sums = [2, 5, 3, 8];
  const attributes = [float("epsilon", 0.5)];
  const outputs = ["y", "", "", "sum"];
  const layer = await run("SkipLayerNormalization", [1, 2, 3, 4], [2, 2], {
    inputs: ["x", "skip", "g", "s", "b"],
    initializers,
    attributes,
    outputs,
  });
  const [one, two] = [1.5 / Math.sqrt(1.5 ** 2 + 0.5), 2.5 / Math.sqrt(2.5 ** 2 + 0.5)];
  close(layer.values[0]!, [10 - 2 * one, 20 + 3 * one, 10 - 2 * two, 20 + 3 * two]);
  expect(layer.values[1]).toEqual(sums);
  expect(layer.ops).toEqual(["Add", "Add", "LayerNormalization"]);
  const rms = await run("SkipSimplifiedLayerNormalization", [1, 2, 3, 4], [2, 2], {
    inputs: ["x", "skip", "g", "b"],
    initializers,
    attributes,
    outputs,
  });
  const [a, b] = [Math.sqrt((4 + 25) / 2 + 0.5), Math.sqrt((9 + 64) / 2 + 0.5)];
  close(rms.values[0]!, [4 / a, 15 / a, 6 / b, 24 / b]);
  expect(rms.values[1]).toEqual(sums);
  const one3 = { inputs: ["x", "skip", "g"], initializers, outputs: ["y", "mean"] };
  expect(refused("SkipLayerNormalization", one3).message).toContain(
    "Output 2 of com.microsoft.SkipLayerNormalization",
  );
});

test.each(["", "com.microsoft"])(
  'SimplifiedLayerNormalization of domain "%s" is RMSNormalization',
  async (domain) => {
    const one = { inputs: ["x", "g"], initializers: [weights("g", [2], [2, 3])], domain };
    const { values } = await run("SimplifiedLayerNormalization", [3, 4], [1, 2], one);
    close(values[0]!, [6 / Math.sqrt(12.5), 12 / Math.sqrt(12.5)]);
  },
);

test("FusedMatMul transposes and scales", async () => {
  const w = weights("w", [2, 3], [1, 2, 3, 4, 5, 6]);
  // x^T w, x = [[1, 2], [3, 4]].
  const left = { inputs: ["x", "w"], initializers: [w], attributes: [int("transA", 1), float("alpha", 0.5)] };
  expect((await run("FusedMatMul", [1, 2, 3, 4], [2, 2], left)).values[0]).toEqual([
    6.5, 8.5, 10.5, 9, 12, 15,
  ]);
  const right = { inputs: ["x", "w"], initializers: [w], attributes: [int("transB", 1)] };
  const product = await run("FusedMatMul", [1, 0, 2], [1, 3], right);
  expect(product.values[0]).toEqual([7, 16]);
  expect(product.ops).toEqual(["Transpose", "MatMul"]);
  // Rows before the batch: x[row][batch] = [[1, 2], [3, 4]], one column each.
  const batch = {
    inputs: ["x", "u"],
    initializers: [weights("u", [1, 1], [1])],
    attributes: [int("transBatchA", 1)],
  };
  expect((await run("FusedMatMul", [1, 2, 3, 4], [2, 2, 1], batch)).values[0]).toEqual([1, 3, 2, 4]);
});

const bytes = (name: string, dims: number[], list: number[]) => ({
  name,
  dims,
  dataType: DataType.uint8,
  rawData: Uint8Array.from(list),
});

test.each([4, 8])("MatMulNBits of %i bits, with zero points and without", async (bits) => {
  const [rows, columns, blockSize, blocks] = [18, 2, 16, 2];
  const codes = Array.from({ length: columns }, (_, n) =>
    Array.from({ length: blocks * blockSize }, (_, k) => (5 * k + 3 * n + 1) % 2 ** bits),
  );
  const scales = [0.5, 0.25, 2, 1];
  const zeros = [1, 7, 3, 5];
  const pack = (list: number[]) =>
    bits === 8 ? list : list.filter((_, i) => i % 2 === 0).map((low, i) => low + 16 * (list[2 * i + 1] ?? 0));
  const input = Array.from({ length: rows }, (_, k) => (k % 4) - 1);
  const expected = (zero: (n: number, block: number) => number) =>
    codes.map((list, n) =>
      input.reduce((sum, v, k) => {
        const block = k < blockSize ? 0 : 1;
        return sum + v * scales[2 * n + block]! * (list[k]! - zero(n, block));
      }, 0),
    );
  const attributes = [int("K", rows), int("N", columns), int("bits", bits), int("block_size", blockSize)];
  const initializers = [
    bytes("q", [columns, blocks, (blockSize * bits) / 8], codes.flatMap(pack)),
    weights("s", [columns * blocks], scales),
    bytes("z", [(columns * blocks * bits) / 8], [zeros.slice(0, 2), zeros.slice(2)].flatMap(pack)),
    weights("f", [columns * blocks], [0.5, 1.5, 2.5, 3.5]),
    weights("b", [columns], [100, 200]),
  ];
  const of = async (inputs: string[]) =>
    run("MatMulNBits", input, [1, rows], { inputs, initializers, attributes });
  expect((await of(["x", "q", "s"])).values[0]).toEqual(expected(() => 2 ** (bits - 1)));
  expect((await of(["x", "q", "s", "z"])).values[0]).toEqual(expected((n, block) => zeros[2 * n + block]!));
  expect((await of(["x", "q", "s", "f"])).values[0]).toEqual(expected((n, block) => 2 * n + block + 0.5));
  const biased = await of(["x", "q", "s", "z", "", "b"]);
  expect(biased.values[0]).toEqual(
    expected((n, block) => zeros[2 * n + block]!).map((v, n) => v + 100 * (n + 1)),
  );
  expect(biased.ops).toEqual(["MatMul", "Add"]);
  const wrong = { inputs: ["x", "q", "s"], initializers, attributes: [...attributes.slice(1), int("K", 40)] };
  expect(refused("MatMulNBits", wrong, [1, 40]).message).toContain("MatMulNBits has K = 40, N = 2");
  const open = { inputs: ["x", "x", "s"], initializers, attributes };
  expect(refused("MatMulNBits", open).message).toContain("The weights of MatMulNBits are not constant");
});

test("FusedConv adds and activates", async () => {
  const initializers = [
    weights("w", [1, 1, 1, 1], [2]),
    weights("b", [1], [1]),
    weights("z", [1, 1, 1, 2], [-9, 1]),
  ];
  const of = async (inputs: string[], attributes: Attributes) =>
    (await run("FusedConv", [3, -4], [1, 1, 1, 2], { inputs, initializers, attributes })).values[0];
  expect(await of(["x", "w", "b"], [])).toEqual([7, -7]);
  expect(await of(["x", "w", "b"], [text("activation", "Relu")])).toEqual([7, 0]);
  expect(await of(["x", "w", "b", "z"], [])).toEqual([-2, -6]);
  const clip = [text("activation", "Clip"), floats("activation_params", [-5, 6])];
  expect(await of(["x", "w", "b", "z"], clip)).toEqual([-2, -5]);
  const wrong = { inputs: ["x", "w"], initializers, attributes: [text("activation", "Mish")] };
  expect(refused("FusedConv", wrong, [1, 1, 1, 2]).message).toContain('the activation "Mish"');
});

test("GroupNormalization of opset 18 has scale and bias per group", async () => {
  const one = {
    inputs: ["x", "s", "b"],
    initializers: [weights("s", [2], [2, 3]), weights("b", [2], [10, 20])],
    attributes: [int("num_groups", 2), float("epsilon", 0)],
    domain: "",
    opset: 18,
  };
  const { values } = await run("GroupNormalization", [1, 3, 0, 10], [1, 4, 1], one);
  close(values[0]!, [8, 12, 17, 23]);
  expect(refused("GroupNormalization", one, [1, 3, 1]).message).toContain("has 3 channels in 2 groups");
});

test("LogSoftmax before opset 13 takes all axes from the given one on as one line", async () => {
  const one = { inputs: ["x"], attributes: [int("axis", 1)], domain: "", opset: 11 };
  const { values } = await run("LogSoftmax", [0, 0, 0, 0], [1, 2, 2], one);
  close(
    values[0]!,
    [1, 1, 1, 1].map((v) => -v * Math.log(4)),
  );
});
