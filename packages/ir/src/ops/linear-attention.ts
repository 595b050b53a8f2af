import { hasInput, requireElement, sharedElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError, stringAttr } from "./define.js";
import { mergeDims, productOfDims } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Dim } from "../types.js";

/**
 * Attention by a state S [key size, value size] per head: step by step S decays by exp(decay), S += k v^T, and the output is
 * scale q S; with a delta rule v is beta (v - k S) first. Inputs, of rank 3: query [batch, sequence, heads x key size], key,
 * value; the state before, decay, beta. Outputs: Y and the state after. Sums per step: key-size products, once or twice.
 */
export const linearAttention = defineOp({
  name: "LinearAttention",
  arity: [3, 6],
  attributes: {
    // A hint for the order of work; the result is the same.
    chunk_size: { type: "int", default: 64 },
    kv_num_heads: { type: "int", required: true },
    q_num_heads: { type: "int", required: true },
    /** 0: 1 / sqrt(key size). */
    scale: { type: "float", default: 0 },
    update_rule: {
      type: "string",
      default: "gated_delta",
      oneOf: ["linear", "gated", "delta", "gated_delta"],
    },
  },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float", [0, 1, 2]);
    const state = hasInput(context, 3)
      ? requireElement(node, inputType(context, 3).elem, "float", "past_state")
      : elem;
    const rule = stringAttr(node, "update_rule");
    for (const [index, name, wanted] of [
      [4, "decay", rule.startsWith("gated")],
      [5, "beta", rule.endsWith("delta")],
    ] as const) {
      if (hasInput(context, index) === wanted) continue;
      throw shapeError(
        node,
        `LinearAttention with the rule ${rule} ${wanted ? "needs" : "takes no"} ${name}`,
      );
    }
    const [heads, kvHeads] = [intAttr(node, "q_num_heads"), intAttr(node, "kv_num_heads")];
    if (kvHeads < 1 || heads < 1 || heads % kvHeads !== 0) {
      throw shapeError(
        node,
        `the ${heads} query heads of LinearAttention do not divide among ${kvHeads} key heads`,
      );
    }
    const per = (whole: Dim | undefined, count: number, what: string): Dim => {
      if (typeof whole !== "number") return null;
      if (whole % count === 0) return whole / count;
      throw shapeError(
        node,
        `the ${whole} elements of ${what} of LinearAttention do not divide into ${count} heads`,
      );
    };
    const [q, k, v] = [0, 1, 2].map((i) => shapeOf(context, i, 3, 3));
    const fit = (a: Dim, b: Dim | undefined, what: string): Dim =>
      mergeDims(node, a, b ?? null, `${what} of LinearAttention do not fit together`);
    const past = hasInput(context, 3) ? shapeOf(context, 3, 4, 4) : null;
    const size = [per(k?.[2], kvHeads, "key"), past?.[2]].reduce<Dim>(
      (known, dim) => fit(known, dim, "the sizes of query, key and state"),
      per(q?.[2], heads, "query"),
    );
    const valueSize = fit(per(v?.[2], kvHeads, "value"), past?.[3], "the sizes of value and state");
    fit(kvHeads, past?.[1], "kv_num_heads and the state");
    const others = [k, v, ...[4, 5].map((i) => (hasInput(context, i) ? shapeOf(context, i, 3, 3) : null))];
    const [batch, length] = [0, 1].map((axis) =>
      others.reduce<Dim>(
        (known, shape) => fit(known, shape?.[axis], "batches or lengths"),
        q?.[axis] ?? null,
      ),
    ) as [Dim, Dim];
    const widths: readonly (readonly [Dim | undefined, readonly Dim[], string])[] = [
      [others[2]?.[2], [kvHeads, productOfDims([kvHeads, size])], "decay"],
      [others[3]?.[2], [kvHeads, 1], "beta"],
    ];
    for (const [width, allowed, name] of widths) {
      if (typeof width !== "number" || allowed.includes(width) || allowed.includes(null)) continue;
      throw shapeError(
        node,
        `${name} of LinearAttention has ${width} elements per step, not ${allowed.join(" or ")}`,
      );
    }
    return [
      checkedType(node, elem, [batch, length, productOfDims([heads, valueSize])]),
      checkedType(node, state, [
        fit(batch, past?.[0], "the batches of query and state"),
        kvHeads,
        size,
        valueSize,
      ]),
    ];
  },
});
