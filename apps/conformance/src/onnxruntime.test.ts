// Operators of com.microsoft beside onnxruntime's own kernels: as they are imported, and with their products planned.
import * as ort from "onnxruntime-web";
import { beforeAll, describe, expect, test } from "vitest";
import { bindDims, standardPasses, sumSites, unplannedSums, type Graph } from "@mpplan/ir";
import { importOnnx } from "@mpplan/onnx";
import { createExecutor, createReferenceBackend, evaluateNode } from "@mpplan/runtime";
import {
  buildModel,
  DataType,
  float,
  int,
  ints,
  node,
  text,
  value,
} from "../../../packages/onnx/test/model-builder.js";

type Attributes = NonNullable<Parameters<typeof node>[3]>;
type Elem = "float32" | "int32" | "int64" | "uint8" | "int8";

interface Given {
  readonly elem: Elem;
  readonly dims: number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;
}

interface One {
  /** By place; null where an input is left out. */
  readonly inputs: readonly (Given | null)[];
  readonly attributes?: Attributes;
  /** "" where an output is left out. */
  readonly outputs?: readonly string[];
  readonly elems?: Readonly<Record<string, Elem>>;
}

const executor = createExecutor(createReferenceBackend());

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
});

const sizeOf = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
/** Numbers of both signs that no two places share. */
function some(dims: number[], seed: number): Given {
  return {
    elem: "float32",
    dims,
    data: Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(7 * seed + 1.7 * i + (i * i) / 31)),
  };
}
const int32 = (dims: number[], ...list: number[]): Given => ({
  elem: "int32",
  dims,
  data: Int32Array.from(list),
});
const int64 = (dims: number[], ...list: number[]): Given => ({
  elem: "int64",
  dims,
  data: BigInt64Array.from(list, BigInt),
});

function modelOf(
  op: string,
  { inputs, attributes = [], outputs = ["y"], elems = {} }: One,
  open = false,
): Uint8Array {
  const batch = inputs[0]!.dims[0];
  const dimsOf = ({ dims }: Given, i: number) =>
    dims.map((dim, axis) =>
      open && axis === 0 && dim === batch ? "N" : open && axis === 1 && dims.length === 3 ? `L${i}` : dim,
    );
  return buildModel({
    inputs: inputs.flatMap((t, i) => (t ? [value(`x${i}`, dimsOf(t, i), DataType[t.elem])] : [])),
    outputs: outputs
      .filter((name) => name !== "")
      .map((name) => value(name, undefined, DataType[elems[name] ?? "float32"])),
    nodes: [
      node(
        op,
        inputs.map((t, i) => (t ? `x${i}` : "")),
        [...outputs],
        attributes,
        { domain: "com.microsoft" },
      ),
    ],
    model: {
      opsetImport: [
        { domain: "", version: 17 },
        { domain: "com.microsoft", version: 1 },
      ],
    },
  });
}

/**
 * Runs a node as it is imported, as it is planned, and as it is planned where the model leaves batch and lengths open
 * and a sample says them: every run beside onnxruntime's, to 1e-5.
 */
async function compare(op: string, one: One): Promise<void> {
  const bytes = modelOf(op, one);
  const feeds = one.inputs.flatMap((t, i) => (t ? [[`x${i}`, t] as const] : []));
  const theirs = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const expected = await theirs.run(
    Object.fromEntries(
      feeds.map(([id, { elem, data, dims }]) => [id, new ort.Tensor(elem, data as never, dims)]),
    ),
  );
  const imported = importOnnx(bytes);
  const planned = standardPasses(imported, evaluateNode);
  const open = importOnnx(modelOf(op, one, true));
  const dims = new Map(feeds.map(([id, t]) => [id, t.dims]));
  const bound = standardPasses(bindDims(open, dims), evaluateNode);
  for (const graph of [planned, bound]) expect(unplannedSums(graph)).toEqual([]);
  const facts = (graph: Graph) => JSON.stringify(sumSites(graph));
  expect(facts(bound)).toBe(facts(planned));
  for (const graph of [imported, planned, open, bound]) {
    const session = await executor.prepare(graph, "reference");
    const results = await session.run(new Map(feeds));
    for (const id of graph.outputs) {
      const [actual, wanted] = [results.get(id)!, expected[id]!];
      expect([id, ...actual.dims]).toEqual([id, ...wanted.dims]);
      const list = Array.from(wanted.data as Float32Array, Number);
      const off = list.map((x, i) => Math.abs(Number(actual.data[i]) - x) / Math.max(1, Math.abs(x)));
      expect(Math.max(...off), id).toBeLessThan(1e-5);
    }
  }
}

const [query, key, v] = [some([2, 3, 8], 1), some([2, 5, 8], 2), some([2, 5, 12], 3)];
const states = [some([2, 2, 4, 4], 6), some([2, 2, 4, 4], 7)];
const heads = int("num_heads", 2);
const all = ["y", "k", "v"];
const none = null;

describe("MultiHeadAttention", () => {
  test.each<[string, One]>([
    ["plain", { inputs: [query, key, v], attributes: [heads] }],
    [
      "a bias and a scale",
      { inputs: [query, key, v, some([28], 4)], attributes: [heads, float("scale", 0.3)] },
    ],
    [
      "a mask of keys",
      { inputs: [query, key, v, none, int32([2, 5], 1, 1, 1, 0, 0, 0, 1, 1, 1, 1)], attributes: [heads] },
    ],
    ["lengths", { inputs: [query, key, v, none, int32([2], 3, 5)], attributes: [heads] }],
    [
      "a mask of each query",
      {
        inputs: [
          query,
          key,
          v,
          none,
          int32([2, 3, 5], ...Array.from({ length: 30 }, (_, i) => (i % 4 ? 1 : 0))),
        ],
        attributes: [heads, float("mask_filter_value", -5)],
      },
    ],
    [
      "something added to the scores",
      { inputs: [query, key, v, none, none, some([1, 2, 3, 5], 5)], attributes: [heads] },
    ],
    [
      "causal, with earlier keys",
      {
        inputs: [
          query,
          some([2, 3, 8], 2),
          some([2, 3, 8], 3),
          some([24], 4),
          none,
          some([2, 1, 3, 7], 5),
          ...states,
        ],
        attributes: [heads, int("unidirectional", 1)],
        outputs: all,
      },
    ],
    [
      "keys of another attention",
      { inputs: [query, some([2, 2, 5, 4], 2), some([2, 2, 5, 4], 3)], attributes: [heads] },
    ],
  ])("%s", async (_, one) => {
    await compare("MultiHeadAttention", one);
  });
});

describe("Attention", () => {
  const [input, weights, bias] = [some([2, 3, 6], 1), some([6, 24], 2), some([24], 3)];
  const past = some([2, 2, 2, 4, 4], 6);
  test.each<[string, One]>([
    ["plain", { inputs: [input, weights, bias], attributes: [heads] }],
    [
      "sizes of its own",
      { inputs: [input, weights, bias], attributes: [heads, ints("qkv_hidden_sizes", [4, 4, 16])] },
    ],
    [
      "lengths, and something added",
      { inputs: [input, weights, bias, int32([2], 2, 3), none, some([2, 2, 3, 3], 5)], attributes: [heads] },
    ],
    [
      "a mask of one column is none",
      { inputs: [input, weights, bias, int32([2, 1], 0, 0)], attributes: [heads] },
    ],
    [
      "causal, with earlier keys and a mask",
      {
        inputs: [input, weights, bias, int32([2, 7], 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1), past],
        attributes: [heads, int("unidirectional", 1)],
        outputs: ["y", "present"],
      },
    ],
    [
      "present alone",
      { inputs: [input, weights, bias], attributes: [heads, float("scale", 0.2)], outputs: ["y", "present"] },
    ],
  ])("%s", async (_, one) => {
    await compare("Attention", one);
  });

  test("QAttention", async () => {
    const bytes = (dims: number[], from: number) =>
      Array.from({ length: sizeOf(dims) }, (_, i) => from + ((i * 37) % 100));
    const scalar = (x: number): Given => ({ elem: "float32", dims: [1], data: Float32Array.of(x) });
    await compare("QAttention", {
      inputs: [
        { elem: "uint8", dims: [2, 3, 6], data: Uint8Array.from(bytes([2, 3, 6], 80)) },
        { elem: "int8", dims: [6, 24], data: Int8Array.from(bytes([6, 24], -50)) },
        bias,
        scalar(0.02),
        scalar(0.03),
        int32([2], 2, 3),
        { elem: "uint8", dims: [1], data: Uint8Array.of(128) },
        { elem: "int8", dims: [1], data: Int8Array.of(3) },
      ],
      attributes: [heads],
    });
  });
});

describe("GroupQueryAttention", () => {
  const [q, k, w] = [some([2, 3, 64], 1), some([2, 3, 32], 2), some([2, 3, 32], 3)];
  const lone = [some([1, 3, 64], 1), some([1, 3, 32], 2), some([1, 3, 32], 3)];
  const next = [some([2, 1, 64], 1), some([2, 1, 32], 2), some([2, 1, 32], 3)];
  const wide = [some([1, 3, 128], 1), some([1, 3, 64], 2), some([1, 3, 64], 3)];
  const past = (batch: number) => [some([batch, 2, 4, 16], 4), some([batch, 2, 4, 16], 5)];
  const groups = [int("num_heads", 4), int("kv_num_heads", 2)];
  /** The last places of each sample, and how many there are. */
  const upTo = (count: number, ...last: number[]) => [int32([last.length], ...last), int32([1], count)];
  const angles = [some([16, 8], 6), some([16, 8], 7)];
  const rotary = [...groups, int("do_rotary", 1)];
  const window = [...groups, int("local_window_size", 2)];
  test.each<[string, (Given | null)[], Attributes]>([
    ["a prompt", [q, k, w, none, none, ...upTo(3, 2, 2)], groups],
    [
      "a scale and a softcap",
      [q, k, w, none, none, ...upTo(3, 2, 2)],
      [...groups, float("scale", 0.4), float("softcap", 2)],
    ],
    ["packed", [some([2, 3, 128], 1), none, none, none, none, ...upTo(3, 2, 2)], groups],
    ["turned", [q, k, w, none, none, ...upTo(3, 2, 2), ...angles], rotary],
    [
      "turned in part, by neighbours",
      [...wide, none, none, ...upTo(3, 2), ...angles],
      [...rotary, int("rotary_interleaved", 1)],
    ],
    [
      "turned at positions of its own",
      [...lone, none, none, ...upTo(3, 2), ...angles, int64([1, 3], 4, 5, 9)],
      rotary,
    ],
    ["earlier keys", [...next, ...past(2), ...upTo(5, 4, 4), ...angles], rotary],
    ["several queries behind earlier keys", [...lone, ...past(1), ...upTo(7, 6), ...angles], rotary],
    ["a window", [...lone, ...past(1), ...upTo(7, 6)], window],
    ["a window of a prompt", [q, k, w, none, none, ...upTo(3, 2, 2)], window],
    [
      "something added",
      [...lone, ...past(1), ...upTo(7, 6), none, none, none, some([1, 4, 3, 7], 8)],
      groups,
    ],
    ["a buffer that is not full", [...next, ...past(2), ...upTo(3, 2, 2), ...angles], rotary],
    ["buffers filled differently", [...next, ...past(2), ...upTo(4, 1, 3), ...angles], rotary],
  ])("%s", async (_, inputs, attributes) => {
    await compare("GroupQueryAttention", { inputs, attributes, outputs: all });
  });
});

test("EmbedLayerNormalization", async () => {
  const ids = int32([2, 3], 1, 4, 2, 0, 3, 3);
  const tables = [some([5, 8], 1), some([7, 8], 2), some([2, 8], 3), some([8], 4), some([8], 5)];
  const segments = int32([2, 3], 0, 1, 1, 0, 0, 1);
  const one: One = {
    inputs: [ids, segments, ...tables, int32([2, 3], 1, 1, 0, 1, 1, 1)],
    attributes: [float("epsilon", 1e-5)],
    outputs: ["y", "counts", "sum"],
    elems: { counts: "int32" },
  };
  await compare("EmbedLayerNormalization", one);
  const [words, places, , g, b] = tables as [Given, Given, Given, Given, Given];
  const inputs = [ids, none, words, places, none, g, b, none, int32([2, 3], 0, 6, 2, 3, 1, 1)];
  await compare("EmbedLayerNormalization", { ...one, inputs });
});

test("FusedGemm", async () => {
  const inputs = [some([3, 4], 1), some([4, 5], 2), some([5], 3)];
  for (const activation of ["Relu", "Softplus", "Tanh", "Sigmoid"]) {
    const attributes = [text("activation", activation), float("alpha", 0.5)];
    await compare("FusedGemm", { inputs, attributes });
  }
  const leaky = [text("activation", "LeakyRelu"), float("activation_alpha", 0.3), int("transA", 1)];
  await compare("FusedGemm", { inputs: [some([4, 3], 1), ...inputs.slice(1)], attributes: leaky });
});

test("RotaryEmbedding", async () => {
  const angles = [some([16, 4], 6), some([16, 4], 7)];
  await compare("RotaryEmbedding", {
    inputs: [some([2, 4, 3, 8], 1), int64([2, 3], 0, 1, 2, 5, 6, 7), ...angles],
  });
  await compare("RotaryEmbedding", {
    inputs: [some([2, 4, 3, 8], 1), int64([1], 3), ...angles],
    attributes: [int("interleaved", 1)],
  });
});
