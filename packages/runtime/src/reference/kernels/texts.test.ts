// Texts, n-grams, labels, trees and random numbers: what ONNX's own cases leave open.
import { tensor } from "@mpplan/ir";
import { expect, test } from "vitest";
import { counting, floats, listAfter, nodeOf, of, run, runNode } from "./testing.js";

const words = (...list: string[]) => of("string", [list.length], list);

test("RegexFullMatch matches whole texts, and refuses what RE2 and JavaScript do not share", () => {
  expect(listAfter("RegexFullMatch", [words("ab", "abc")], { pattern: "a(?P<x>b)|x" })).toEqual([1, 0]);
  const match = (pattern: string) => () => run("RegexFullMatch", [words("a")], { pattern });
  expect(match("(?=a)a")).toThrow('has "(?=", which is not supported');
  expect(match("(a)\\1")).toThrow("not supported");
  expect(match("[[:alpha:]]")).toThrow("not supported");
  expect(match("(")).toThrow("cannot be read");
});

test("StringSplit keeps what is left after the last cut", () => {
  const split = (text: string, attrs = {}): unknown[] =>
    run("StringSplit", [words(text)], attrs).map((t) => [...t.data]);
  expect(split("  a b  c ")).toEqual([["a", "b", "c"], [3n]]);
  expect(split(" a b  c ", { maxsplit: 1 })).toEqual([["a", "b  c "], [2n]]);
  expect(split("a--b-", { delimiter: "-" })).toEqual([["a", "", "b", ""], [4n]]);
  expect(split("")).toEqual([[], [0n]]);
  expect(run("StringSplit", [of("string", [0], [])]).map((t) => t.dims)).toEqual([[0, 0], [0]]);
});

test("StringNormalizer leaves one empty text, and knows languages", () => {
  expect(listAfter("StringNormalizer", [words("A", "b")], { stopwords: ["a", "B"] })).toEqual([""]);
  const turkish = { case_change_action: "LOWER", locale: "tr_TR" };
  expect(listAfter("StringNormalizer", [words("I")], turkish)).toEqual(["ı"]);
  expect(() => run("StringNormalizer", [words("I")], { locale: "no such" })).toThrow("names no language");
});

const pool = {
  min_gram_length: 1,
  max_gram_length: 2,
  max_skip_count: 1,
  ngram_counts: [0, 1],
  ngram_indexes: [1, 0],
  pool_strings: ["a", "a", "b"],
};

test("TfIdfVectorizer counts single elements once, whatever it skips, and weighs by n-gram", () => {
  const x = words("a", "a", "b");
  expect(listAfter("TfIdfVectorizer", [x], { ...pool, mode: "TF" })).toEqual([2, 2]);
  expect(listAfter("TfIdfVectorizer", [x], { ...pool, mode: "TFIDF", weights: [10, 100] })).toEqual([
    200, 20,
  ]);
  expect(listAfter("TfIdfVectorizer", [x], { ...pool, mode: "IDF", weights: [10, 100] })).toEqual([100, 10]);
  expect(() => run("TfIdfVectorizer", [x], { ...pool, mode: "TF", ngram_counts: [0, 2] })).toThrow(
    "no n-grams of 2",
  );
});

test("LabelEncoder finds NaN, and gives the default for what it does not know", () => {
  const keys = { keys_floats: [NaN, 1], values_strings: ["none", "one"] };
  expect(listAfter("ai.onnx.ml.LabelEncoder", [floats([3], [1, NaN, 2])], keys)).toEqual([
    "one",
    "none",
    "_Unused",
  ]);
  const far = { keys_int64s: [7], values_int64s: [70] };
  expect(listAfter("ai.onnx.ml.LabelEncoder", [of("int64", [2], [7n, 2n ** 60n])], far)).toEqual([70n, -1n]);
  expect(() => run("ai.onnx.ml.LabelEncoder", [words("a")], far)).toThrow("keys of int64 for string");
});

const stump = {
  leaf_targetids: [0, 1],
  leaf_weights: tensor("float32", [2], Float32Array.of(2, 6)),
  n_targets: 2,
  nodes_falseleafs: [1],
  nodes_falsenodeids: [1],
  nodes_featureids: [0],
  nodes_modes: tensor("uint8", [1], Uint8Array.of(0)),
  nodes_splits: tensor("float32", [1], Float32Array.of(0.5)),
  nodes_trueleafs: [1],
  nodes_truenodeids: [0],
  tree_roots: [0, 0],
};

test("TreeEnsemble averages over the trees, and NaN goes where the node says", () => {
  const x = floats([3, 1], [0, 1, NaN]);
  const trees = (attrs: object) => listAfter("ai.onnx.ml.TreeEnsemble", [x], { ...stump, ...attrs });
  expect(trees({ aggregate_function: 0 })).toEqual([2, 0, 0, 6, 0, 6]);
  expect(trees({ nodes_missing_value_tracks_true: [1] })).toEqual([4, 0, 0, 12, 4, 0]);
  expect(() => trees({ nodes_trueleafs: [0] })).toThrow("leads from node 0 to no leaf");
  expect(() => trees({ post_transform: 4 })).toThrow("post_transform 4, which is not supported");
});

test("random numbers depend on the seed or on the node, and on nothing else", () => {
  const drawn = (attrs: object) => listAfter("RandomNormal", [], { shape: [3], ...attrs });
  expect(drawn({ seed: 1 })).toEqual(drawn({ seed: 1 }));
  expect(drawn({ seed: 1 })).not.toEqual(drawn({ seed: 1.5 }));
  const node = nodeOf("RandomUniform", [], { shape: [3] });
  expect(runNode(node, [])).not.toEqual(runNode({ ...node, id: "m" }, []));
});

test("random numbers have the mean and the spread that are asked for", () => {
  const count = 4096;
  const mean = (list: (number | bigint)[]): number =>
    list.reduce<number>((a, b) => a + Number(b), 0) / list.length;
  const normal = listAfter("RandomNormalLike", [counting(count)], { mean: 3, scale: 2, seed: 1 });
  // Within 5 standard errors: 2 / 64 for the mean, 4 sqrt(2) / 64 for the variance.
  expect(Math.abs(mean(normal) - 3)).toBeLessThan(5 / 32);
  expect(Math.abs(mean(normal.map((x) => (Number(x) - 3) ** 2)) - 4)).toBeLessThan(0.45);
  const uniform = listAfter("RandomUniform", [], { shape: [count], low: -1, high: 1, seed: 1 }) as number[];
  expect([Math.min(...uniform) >= -1, Math.max(...uniform) < 1]).toEqual([true, true]);
  expect(Math.abs(mean(uniform))).toBeLessThan(0.05);
  expect(listAfter("Bernoulli", [floats([4], [0, 1, 0, 1])], { dtype: "int64" })).toEqual([0n, 1n, 0n, 1n]);
  const classes = floats([1, 3], [-Infinity, 0, Math.log(3)]);
  const picks = listAfter("Multinomial", [classes], { sample_size: count, seed: 2 });
  expect(picks).not.toContain(0);
  expect(Math.abs(mean(picks) - 1.75)).toBeLessThan(0.04);
});
