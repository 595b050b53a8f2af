// Attention written out: the same outputs, and its two products planned.
import {
  expandAttention,
  inferTypes,
  standardPasses,
  sumSites,
  unplannedSums,
  verify,
  type Attrs,
  type ElementType,
  type Graph,
  type Sample,
  type Tensor,
} from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, randomTensor, tensorOf } from "../../../ir/src/testing.js";
import { evaluateNode } from "../../src/evaluate-node.js";
import { numbersOf, relativeError, runOnce } from "../../src/testing.js";
import { siteIds } from "./testing.js";

describe("Attention is two products and what lies between them", () => {
  interface Case {
    /** Q, K, V, mask, earlier keys, earlier values, how many keys count. */
    readonly inputs: readonly (Tensor | null)[];
    readonly shapes?: readonly (readonly (number | string)[])[];
    readonly attrs?: Attrs;
    /** Which of the four outputs there are. */
    readonly outputs?: number;
    /** Places of inputs that are constant. */
    readonly constant?: readonly number[];
  }
  const of = (dims: number[], seed: number, elem: ElementType = "float32"): Tensor => {
    const t = randomTensor(dims, seed);
    if (elem === "float32") return t;
    const round = (x: number) => Math.round(x * 64) / 64;
    return tensorOf(dims, Array.from(t.data as Float32Array, elem === "float64" ? (x) => x : round), elem);
  };
  const lengths = (...list: number[]) => tensorOf([list.length], list, "int64");
  const [q, k, v] = [of([2, 4, 3, 5], 1), of([2, 2, 6, 5], 2), of([2, 2, 6, 7], 3)];
  const past = [of([2, 2, 2, 5], 5), of([2, 2, 2, 7], 6)];
  const flat = [of([2, 3, 20], 1), of([2, 6, 10], 2), of([2, 6, 14], 3)];
  const heads = { q_num_heads: 4, kv_num_heads: 2 };
  const lines = [1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
  const mask = tensorOf([3, 6], lines, "bool");
  const open = [
    ["N", 4, "L", 5],
    ["N", 2, "S", 5],
    ["N", 2, "S", 7],
  ];
  const openBatch: Case = {
    inputs: [q, k, v],
    shapes: [
      ["N", 4, 3, 5],
      ["N", 2, 6, 5],
      ["N", 2, 6, 7],
    ],
  };
  const names = ["y", "k", "v", "qk"];

  function graphOf({ inputs, shapes = [], attrs = {}, outputs = 4, constant = [] }: Case): Graph {
    const b = new GraphBuilder();
    const given = inputs.map((t, i) => {
      if (t === null) return null;
      if (constant.includes(i)) return b.constant(`x${i}`, t);
      return b.input(`x${i}`, shapes[i] ?? t.dims, t.elem);
    });
    b.nodes("Attention", given, attrs, names.slice(0, outputs));
    return b.build(...names.slice(0, outputs));
  }
  const feeds = ({ inputs, constant = [] }: Case): Sample =>
    new Map(inputs.flatMap((t, i) => (t && !constant.includes(i) ? [[`x${i}`, t] as const] : [])));

  async function expanded(one: Case): Promise<{ graph: Graph; error: number }> {
    const graph = graphOf(one);
    const result = expandAttention(verify(graph));
    expect(result.changed).toBe(true);
    const after = verify(inferTypes(result.graph));
    for (const id of graph.outputs) expect(after.values.get(id)!.type).toEqual(graph.values.get(id)!.type);
    const [now, before] = await Promise.all(
      [after, graph].map(async (g) => (await runOnce(g, "reference", feeds(one))).outputs),
    );
    const error = graph.outputs.map((id) => {
      const [x, y] = [numbersOf(now!.get(id)!), numbersOf(before!.get(id)!)];
      // Masked scores are minus infinity in both.
      expect(x.map((each) => each === -Infinity)).toEqual(y.map((each) => each === -Infinity));
      const finite = (list: number[]) => list.map((each) => (each === -Infinity ? 0 : each));
      return relativeError(finite(x), finite(y));
    });
    return { graph: after, error: Math.max(...error) };
  }

  const modes: [string, Case][] = [0, 1, 2, 3].map((mode) => [
    `a softcap, a float mask, causal, stage ${mode}`,
    {
      inputs: [q, k, v, of([2, 1, 3, 6], 4)],
      attrs: { is_causal: 1, softcap: 0.5, scale: 0.25, qk_matmul_output_mode: mode },
    },
  ]);
  test.each<[string, Case]>([
    ["groups of query heads", { inputs: [q, k, v] }],
    ["a head for each key head", { inputs: [q, of([2, 4, 6, 5], 2), of([2, 4, 6, 7], 3)] }],
    ["rank 3", { inputs: flat, attrs: heads }],
    ["rank 3 with everything", { inputs: [...flat, mask, ...past], attrs: { ...heads, is_causal: 1 } }],
    ["rank 3, Y alone", { inputs: flat, attrs: heads, outputs: 1 }],
    ...modes,
    ["a bool mask with a line of nothing", { inputs: [q, k, v, mask], attrs: { qk_matmul_output_mode: 3 } }],
    ["a constant mask", { inputs: [q, k, v, mask], constant: [3] }],
    ["a mask per head", { inputs: [q, k, v, of([4, 1, 6], 4)] }],
    ["a mask of one column for each query", { inputs: [q, k, v, tensorOf([3, 1], [1, 0, 1], "bool")] }],
    ["a short bool mask", { inputs: [q, k, v, tensorOf([3, 2], [1, 0, 0, 0, 1, 1], "bool")] }],
    ["a short float mask", { inputs: [q, k, v, of([2, 4, 3, 4], 4)], attrs: { qk_matmul_output_mode: 2 } }],
    ["earlier keys, causal", { inputs: [q, k, v, null, ...past], attrs: { is_causal: 1 } }],
    ["earlier keys with a mask for all", { inputs: [q, k, v, of([1, 1, 3, 8], 4), ...past] }],
    ["keys that count", { inputs: [q, k, v, null, null, null, lengths(6, 4)], constant: [6] }],
    ["counted as the run says, none of one", { inputs: [q, k, v, null, null, null, lengths(0, 5)] }],
    [
      "counted, causal, and fewer than queries",
      {
        inputs: [q, k, v, mask, null, null, lengths(2, 5)],
        attrs: { is_causal: 1, qk_matmul_output_mode: 2 },
      },
    ],
    [
      "counted, causal, with earlier keys",
      { inputs: [q, k, v, null, ...past, lengths(8, 7)], attrs: { is_causal: 1 } },
    ],
    ["an open batch, causal", { ...openBatch, attrs: { is_causal: 1 } }],
    ["doubles", { inputs: [q, k, v].map((t, i) => of([...t.dims], i + 1, "float64")) }],
    [
      "values of another type",
      { inputs: [of([2, 4, 3, 5], 1, "float16"), of([2, 2, 6, 5], 2, "float16"), of([2, 2, 6, 7], 3)] },
    ],
  ])("%s", async (_, one) => {
    const { graph, error } = await expanded(one);
    expect(error).toBeLessThan(1e-12);
    expect(siteIds(graph)).toEqual(["y/scores", "y/values"]);
    expect(unplannedSums(graph)).toEqual([]);
  });

  test("open lengths are expanded too, and their sites wait for them", async () => {
    const { graph, error } = await expanded({ inputs: [q, k, v], shapes: open });
    expect(error).toBeLessThan(1e-12);
    expect(siteIds(graph)).toEqual([]);
    expect(unplannedSums(graph).map(({ node }) => node)).toEqual(["y/scores", "y/values"]);
  });

  test("a mask of doubles makes doubles of all, and the result is rounded", async () => {
    const { error } = await expanded({ inputs: [q, k, v, of([3, 6], 4, "float64")] });
    expect(error).toBeLessThan(2 ** -24);
  });

  test.each(["float16", "bfloat16"] as const)("%s, whose sums are of binary32, to the bit", async (elem) => {
    const inputs = [of([2, 4, 3, 5], 1, elem), of([2, 2, 6, 5], 2, elem), of([2, 2, 6, 7], 3, elem)];
    const attrs = { is_causal: 1, softmax_precision: "float32" };
    const { graph, error } = await expanded({ inputs, attrs });
    expect(error).toBe(0);
    expect(siteIds(graph)).toEqual(["y/scores", "y/values"]);
  });

  test("whose heads are neurons, and whose scores are the logits of a softmax", async () => {
    const { graph } = await expanded({ ...openBatch, attrs: { is_causal: 1, scale: 0.5 }, outputs: 1 });
    const folded = standardPasses(graph, evaluateNode);
    expect(
      sumSites(folded).map(({ id, neurons, components, length }) => [id, neurons, components, length]),
    ).toEqual([
      ["y/scores", 4, 4 * 3 * 6, 5],
      ["y/values", 4, 4 * 3 * 7, 6],
    ]);
    // The queries are scaled before the sum.
    expect(sumSites(folded).map(({ softmax }) => softmax)).toEqual([{ scale: 1 }, null]);
  });

  test("but what cannot be written out stays, and that is said", () => {
    const why = (one: Case): string[] => {
      const graph = graphOf(one);
      expect(expandAttention(graph).changed).toBe(false);
      return unplannedSums(graph).map(({ reason }) => reason);
    };
    expect(why({ inputs: [q, k, v], shapes: open, attrs: { is_causal: 1 } })).toEqual([
      "it is causal, and its lengths are open",
    ]);
    expect(why({ inputs: [q, k, v, mask], shapes: open })).toEqual([
      "whether its mask has every key is not known",
    ]);
    expect(why({ inputs: [q, k, v, null, null, null, lengths(6, 4)], shapes: open })).toEqual([
      "its keys are counted, and their length is open",
    ]);
    expect(why({ inputs: [q, k, v], shapes: [["N", 4, 3, "D"], ["N", 2, 6, "D"], open[2]!] })).toEqual([
      "the size of a head is not known",
    ]);
    expect(why({ inputs: [q, of([2, 2, 0, 5], 1), of([2, 2, 0, 7], 1)] })).toEqual(["an input is empty"]);
    const long = [of([1, 1, 1, 1], 1), ["N", 1, 8192, 1]] as const;
    expect(
      why({
        inputs: [long[0], long[0], long[0]],
        shapes: [long[1], long[1], long[1]],
        attrs: { is_causal: 1 },
      }),
    ).toEqual(["its causal mask has 67108864 elements, more than 16777216"]);
  });
});
