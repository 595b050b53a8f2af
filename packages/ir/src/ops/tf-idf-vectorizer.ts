import { shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, intsAttr, shapeError } from "./define.js";
import type { Node } from "../graph.js";

/**
 * How often each n-gram of a pool occurs in every row, also with up to `max_skip_count` elements left out between any two
 * neighbours. IDF says weight or nothing, TFIDF weight times count.
 */
export const tfIdfVectorizer = defineOp({
  name: "TfIdfVectorizer",
  arity: [1, 1],
  attributes: {
    max_gram_length: { type: "int", required: true },
    max_skip_count: { type: "int", required: true },
    min_gram_length: { type: "int", required: true },
    mode: { type: "string", required: true, oneOf: ["TF", "IDF", "TFIDF"] },
    ngram_counts: { type: "ints", required: true },
    ngram_indexes: { type: "ints", required: true },
    pool_int64s: { type: "ints" },
    pool_strings: { type: "strings" },
    weights: { type: "floats" },
  },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const texts = node.attrs["pool_strings"] !== undefined;
    if (context.inputs[0]?.type && (elem === "string") !== texts) {
      throw shapeError(node, `TfIdfVectorizer has a pool of ${texts ? "texts" : "integers"} for ${elem}`);
    }
    ngramsOf(node);
    const shape = shapeOf(context, 0, 1, 2);
    const size = Math.max(-1, ...intsAttr(node, "ngram_indexes")) + 1;
    return [{ elem: "float32", shape: shape && [...shape.slice(0, -1), size] }];
  },
});

/** The n-grams of the pool in their order. `ngram_counts` says where in the pool those of one element begin, of two, ... */
export function ngramsOf(node: Node): (string | number)[][] {
  const pool = (node.attrs["pool_strings"] ?? node.attrs["pool_int64s"] ?? []) as readonly (
    string | number
  )[];
  const starts = intsAttr(node, "ngram_counts");
  const grams = starts.flatMap((start, i) => {
    const end = starts[i + 1] ?? pool.length;
    const length = i + 1;
    if (start < 0 || end < start || end > pool.length || (end - start) % length !== 0) {
      throw shapeError(
        node,
        `the pool of TfIdfVectorizer has no n-grams of ${length} from ${start} to ${end}`,
      );
    }
    return Array.from({ length: (end - start) / length }, (_, k) =>
      pool.slice(start + k * length, start + (k + 1) * length),
    );
  });
  const indexes = intsAttr(node, "ngram_indexes");
  if (indexes.length < grams.length || indexes.some((index) => index < 0)) {
    throw shapeError(node, `TfIdfVectorizer has ${indexes.length} columns for ${grams.length} n-grams`);
  }
  if (intAttr(node, "max_skip_count") < 0 || intAttr(node, "min_gram_length") < 1) {
    throw shapeError(node, "TfIdfVectorizer skips a negative count, or looks for n-grams of no elements");
  }
  return grams;
}
