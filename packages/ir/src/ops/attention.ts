// Attention. Sums, per head and query: one of head-size products for each key (scores), one of exponentials of one sign
// (the denominator of the softmax), and for each element of a value's head one of products over the keys.
import { hasInput, requireElement, sharedElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError, type InferContext } from "./define.js";
import { broadcastShapes, mergeDims, productOfDims } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Node } from "../graph.js";
import type { Dim, ElementType } from "../types.js";

/** What the fourth output of Attention holds, by `qk_matmul_output_mode`. */
export const attentionStages = ["scores", "softcapped", "masked", "weights"] as const;

/**
 * softmax(softcap(scale Q K^T) + mask) V for every head; a query whose keys are all masked yields zeros. Inputs: Q, K, V
 * (rank 4: batch, heads, sequence, size; rank 3: batch, sequence, heads x size), mask, earlier keys, earlier values (rank
 * 4), how many keys of each sample count. Outputs: Y, keys and values with the earlier ones, scores of some stage.
 */
export const attention = defineOp({
  name: "Attention",
  arity: [3, 7],
  attributes: {
    is_causal: { type: "int", default: 0 },
    kv_num_heads: { type: "int" },
    q_num_heads: { type: "int" },
    qk_matmul_output_mode: { type: "int", default: 0 },
    scale: { type: "float" },
    softcap: { type: "float", default: 0 },
    // The reference has binary64 throughout.
    softmax_precision: { type: "element" },
  },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float", [0, 1]);
    const values = requireElement(node, inputType(context, 2).elem, "float", "value");
    if (hasInput(context, 4) !== hasInput(context, 5)) {
      throw shapeError(node, "Attention has earlier keys without earlier values, or the other way round");
    }
    if (!attentionStages[intAttr(node, "qk_matmul_output_mode")]) {
      throw shapeError(
        node,
        `qk_matmul_output_mode of Attention is ${intAttr(node, "qk_matmul_output_mode")}`,
      );
    }
    const sizes = attentionSizes(context);
    if (!sizes) {
      return [elem, elem, values, elem].map((each) => ({ elem: each, shape: null }));
    }
    const { rank, batch, heads, kvHeads, queries, keys, size, valueSize } = sizes;
    checkMask(context, [batch, heads, queries, keys]);
    if (hasInput(context, 6)) {
      requireElement(node, inputType(context, 6).elem, "index", "nonpad_kv_seqlen");
      mergeDims(node, batch, shapeOf(context, 6, 1, 1)?.[0] ?? null, "nonpad_kv_seqlen must fit the batch");
    }
    const y =
      rank === 4 ? [batch, heads, queries, valueSize] : [batch, queries, productOfDims([heads, valueSize])];
    return [
      checkedType(node, elem, y),
      checkedType(node, elem, [batch, kvHeads, keys, size]),
      checkedType(node, values, [batch, kvHeads, keys, valueSize]),
      checkedType(node, elem, [batch, heads, queries, keys]),
    ];
  },
});

/**
 * prob_mod(softmax(score_mod(scale Q K^T))) V for every head; the bodies, where given, get and yield
 * [batch, heads, queries, keys]. Inputs: Q, K, V of rank 4.
 */
export const flexAttention = defineOp({
  name: "ai.onnx.preview.FlexAttention",
  arity: [3, 3],
  attributes: {
    prob_mod: { type: "graph" },
    scale: { type: "float" },
    score_mod: { type: "graph" },
    softmax_precision: { type: "element" },
  },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float", [0, 1, 2]);
    const sizes = attentionSizes(context, 4);
    if (!sizes) return [{ elem, shape: null }];
    return [checkedType(node, elem, [sizes.batch, sizes.heads, sizes.queries, sizes.valueSize])];
  },
});

export interface AttentionSizes {
  readonly rank: 3 | 4;
  readonly batch: Dim;
  readonly heads: Dim;
  readonly kvHeads: Dim;
  readonly queries: Dim;
  /** Earlier ones counted. */
  readonly keys: Dim;
  readonly size: Dim;
  readonly valueSize: Dim;
}

/** The sizes of an attention; null where the rank of an input is not known. */
export function attentionSizes(context: InferContext, least: 3 | 4 = 3): AttentionSizes | null {
  const { node } = context;
  const shapes = [0, 1, 2].map((i) => shapeOf(context, i, least, 4));
  const [q, k, v] = shapes;
  if (!q || !k || !v) return null;
  if (k.length !== q.length || v.length !== q.length) {
    throw shapeError(node, `Q, K and V of ${node.op} have ranks ${q.length}, ${k.length} and ${v.length}`);
  }
  const [heads, kvHeads] = [headsOf(node, q, "q_num_heads"), headsOf(node, k, "kv_num_heads")];
  if (typeof heads === "number" && typeof kvHeads === "number" && (kvHeads < 1 || heads % kvHeads !== 0)) {
    throw shapeError(node, `the ${heads} query heads of ${node.op} do not divide among ${kvHeads} key heads`);
  }
  const fit = (a: Dim, b: Dim | undefined, what: string): Dim =>
    mergeDims(node, a, b ?? null, `${what} of ${node.op} do not fit together`);
  const rank = q.length as 3 | 4;
  const parts = (shape: readonly Dim[], count: Dim): { length: Dim; size: Dim } => {
    if (rank === 4) return { length: shape[2]!, size: shape[3]! };
    const whole = shape[2]!;
    if (typeof whole !== "number" || typeof count !== "number") return { length: shape[1]!, size: null };
    if (whole % count === 0) return { length: shape[1]!, size: whole / count };
    throw shapeError(node, `${whole} elements of ${node.op} do not divide into ${count} heads`);
  };
  const [query, key, value] = [parts(q, heads), parts(k, kvHeads), parts(v, kvHeads)];
  if (rank === 4) fit(kvHeads, v[1], "the heads of K and V");
  const [pastKey, pastValue] = [4, 5].map((i) =>
    hasInput(context, i) && least === 3 ? shapeOf(context, i, 4, 4) : undefined,
  );
  const batch = [k, v, pastKey, pastValue].reduce<Dim>(
    (known, shape) => fit(known, shape?.[0], "the batches"),
    q[0]!,
  );
  const past =
    pastKey === undefined ? 0 : fit(pastKey?.[2] ?? null, pastValue?.[2], "earlier keys and values");
  const length = fit(key.length, value.length, "the lengths of K and V");
  return {
    rank,
    batch,
    heads,
    kvHeads: fit(
      fit(kvHeads, pastKey?.[1], "the heads of earlier keys"),
      pastValue?.[1],
      "the heads of earlier values",
    ),
    queries: query.length,
    keys: past === 0 ? length : typeof past === "number" && typeof length === "number" ? past + length : null,
    size: fit(
      fit(query.size, key.size, "the head sizes of Q and K"),
      pastKey?.[3],
      "the head sizes of earlier keys",
    ),
    valueSize: fit(value.size, pastValue?.[3], "the head sizes of earlier values"),
  };
}

/** What the scores are multiplied by: 1 / sqrt(head size) unless it is given, as a number of the element type. */
export function attentionScale({ attrs }: Node, elem: ElementType, size: number): number {
  const scale = (attrs["scale"] as number | undefined) ?? 1 / Math.sqrt(size);
  return elem === "float64" ? scale : Math.fround(scale);
}

function headsOf(node: Node, shape: readonly Dim[], name: string): Dim {
  const given = node.attrs[name] as number | undefined;
  if (shape.length === 4) return shape[1]!;
  if (given !== undefined && given >= 1) return given;
  throw shapeError(node, `${node.op} of inputs of rank 3 needs the attribute ${name}`);
}

/** The mask broadcasts to the scores; keys beyond its last axis are masked. */
function checkMask(context: InferContext, scores: readonly Dim[]): void {
  const { node } = context;
  if (!hasInput(context, 3)) return;
  requireElement(
    node,
    inputType(context, 3).elem,
    inputType(context, 3).elem === "bool" ? "bool" : "float",
    "mask",
  );
  const mask = shapeOf(context, 3, 2, 4);
  if (!mask) return;
  const [given, keys] = [mask.at(-1)!, scores[3]!];
  if (typeof given === "number" && typeof keys === "number" && given > keys) {
    throw shapeError(node, `the mask of Attention is for ${given} keys, but there are ${keys}`);
  }
  const together = broadcastShapes(node, mask.slice(0, -1), scores.slice(0, -1));
  const grown = together?.find((dim, axis) => scores[axis] === 1 && typeof dim === "number" && dim > 1);
  if (grown !== undefined)
    throw shapeError(node, `the mask of Attention does not broadcast to its scores: ${grown} meets 1`);
}
