// Attention by its formula: scores, what is done to them, weights, and the values they weigh.
import {
  attentionScale,
  attentionSizes,
  attentionStages,
  bodyAttr,
  intAttr,
  toNumbers,
  type Node,
  type RuntimeValue,
  type Tensor,
} from "@mpplan/ir";
import { need, overValues, type ReferenceKernel } from "../kernel.js";
import { stretchedStrides } from "./positions.js";
import { contextOf, elementsOf, outputDims, zeros } from "./tensors.js";

export const attention: ReferenceKernel = (inputs, node) => {
  outputDims(inputs, node);
  const { heads, kvHeads } = attentionSizes(contextOf(inputs, node))! as { heads: number; kvHeads: number };
  const input = need(inputs, 0, node);
  const q = byHead(input, heads);
  const k = joined(inputs[4], byHead(need(inputs, 1, node), kvHeads));
  const v = joined(inputs[5], byHead(need(inputs, 2, node), kvHeads));
  const scores = scoresOf(q, k, node);
  const softcap = node.attrs["softcap"] as number;
  const softcapped = softcap > 0 ? mapped(scores, (x) => softcap * Math.tanh(x / softcap)) : scores;
  const bias = biasOf(scores, inputs, node);
  const masked = mapped(softcapped, (x, i) => x + bias[i]!);
  const weights = softmaxOf(masked, bias);
  const y = weighted(weights, v, input.elem);
  const stages = { scores, softcapped, masked, weights };
  return [
    input.dims.length === 4 ? y : bySequence(y),
    k,
    v,
    stages[attentionStages[intAttr(node, "qk_matmul_output_mode")]!],
  ];
};

export const flexAttention = overValues(async (values, node, context) => {
  const inputs = values as (Tensor | null)[];
  outputDims(inputs, node);
  const [q, k, v] = [0, 1, 2].map((i) => need(inputs, i, node)) as [Tensor, Tensor, Tensor];
  // The bodies work in the precision of the softmax.
  const wide = q.elem === "float64" ? "float64" : "float32";
  const elem = (node.attrs["softmax_precision"] as Tensor["elem"] | undefined) ?? wide;
  const modified = async (name: string, t: Tensor): Promise<Tensor> => {
    if (node.attrs[name] === undefined) return t;
    const [result] = await context.run(bodyAttr(node, name), [t]);
    return result as RuntimeValue as Tensor;
  };
  const scores = await modified("score_mod", { ...scoresOf(q, k, node), elem });
  const weights = await modified("prob_mod", softmaxOf(scores));
  return [weighted(weights, v, q.elem)];
});

/** [batch, sequence, heads x size] as [batch, heads, sequence, size]; what has rank 4 is so already. */
function byHead(t: Tensor, heads: number): Tensor {
  if (t.dims.length === 4) return t;
  const [batch, length, whole] = t.dims as [number, number, number];
  const size = whole / heads;
  return made(
    t.elem,
    [batch, heads, length, size],
    (b, h, i, c) => elementsOf(t.data)[((b * length + i) * heads + h) * size + c]!,
  );
}

function bySequence(t: Tensor): Tensor {
  const [batch, heads, length, size] = t.dims as [number, number, number, number];
  const swapped = made(
    t.elem,
    [batch, length, heads, size],
    (b, i, h, c) => elementsOf(t.data)[((b * heads + h) * length + i) * size + c]!,
  );
  return { ...swapped, dims: [batch, length, heads * size] };
}

/** The earlier keys or values, then these. */
function joined(past: Tensor | null | undefined, t: Tensor): Tensor {
  const [batch, heads, length, size] = t.dims as [number, number, number, number];
  const before = past ? past.dims[2]! : 0;
  return made(t.elem, [batch, heads, before + length, size], (b, h, i, c) =>
    past && i < before
      ? elementsOf(past.data)[((b * heads + h) * before + i) * size + c]!
      : elementsOf(t.data)[((b * heads + h) * length + i - before) * size + c]!,
  );
}

/** scale q . k, for every query and key; neighbouring query heads share a key head. */
function scoresOf(q: Tensor, k: Tensor, node: Node): Tensor {
  const [batch, heads, queries, size] = q.dims as [number, number, number, number];
  const [, kvHeads, keys] = k.dims as [number, number, number];
  const scale = attentionScale(node, q.elem, size);
  return made(q.elem, [batch, heads, queries, keys], (b, h, i, j) => {
    const from = ((b * heads + h) * queries + i) * size;
    const key = ((b * kvHeads + Math.floor((h * kvHeads) / heads)) * keys + j) * size;
    let sum = 0;
    for (let c = 0; c < size; c++) sum += elementsOf(q.data)[from + c]! * elementsOf(k.data)[key + c]!;
    return scale * sum;
  });
}

/** What is added to every score: the mask, and minus infinity for keys that a query must not see. */
function biasOf(scores: Tensor, inputs: readonly (Tensor | null)[], node: Node): Float64Array {
  const [, , queries, keys] = scores.dims as [number, number, number, number];
  const mask = inputs[3] ?? null;
  const counted = inputs[6] ? toNumbers(inputs[6]) : null;
  const causal = intAttr(node, "is_causal") !== 0;
  const shown = mask ? mask.dims.at(-1)! : keys;
  const strides = mask ? stretchedStrides(mask.dims, [...scores.dims.slice(0, 3), shown]) : [];
  const bias = made("float64", scores.dims, (b, h, i, j) => {
    // The last query sees the last key that counts.
    const ahead = inputs[4] ? inputs[4].dims[2]! : counted ? counted[b]! - queries : 0;
    if ((causal && j > i + ahead) || (counted && j >= counted[b]!) || j >= shown) return -Infinity;
    if (!mask) return 0;
    const value = elementsOf(mask.data)[
      b * strides[0]! + h * strides[1]! + i * strides[2]! + j * strides[3]!
    ]!;
    return mask.elem === "bool" ? (value ? 0 : -Infinity) : value;
  });
  return bias.data as Float64Array;
}

/** Along the last axis. Where the bias masks all of a line, its weights are 0. */
function softmaxOf(scores: Tensor, bias?: Float64Array): Tensor {
  const result = zeros(scores.elem, scores.dims);
  const [source, target] = [elementsOf(scores.data), elementsOf(result.data)];
  const keys = scores.dims[3]!;
  for (let first = 0; first < source.length; first += keys) {
    const line = source.subarray(first, first + keys);
    if (bias?.subarray(first, first + keys).every((x) => x === -Infinity)) continue;
    const most = line.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    line.forEach((x, j) => (sum += target[first + j] = Math.exp(x - most)));
    for (let j = 0; j < keys; j++) target[first + j]! /= sum;
  }
  return result;
}

function weighted(weights: Tensor, v: Tensor, elem: Tensor["elem"]): Tensor {
  const [batch, heads, queries, keys] = weights.dims as [number, number, number, number];
  const [, kvHeads, , size] = v.dims as [number, number, number, number];
  return made(elem, [batch, heads, queries, size], (b, h, i, c) => {
    const from = ((b * heads + h) * queries + i) * keys;
    const value = (b * kvHeads + Math.floor((h * kvHeads) / heads)) * keys * size + c;
    let sum = 0;
    for (let j = 0; j < keys; j++) {
      sum += elementsOf(weights.data)[from + j]! * elementsOf(v.data)[value + j * size]!;
    }
    return sum;
  });
}

function mapped(t: Tensor, f: (x: number, i: number) => number): Tensor {
  return { ...t, data: Float64Array.from(elementsOf(t.data), f) };
}

/** A tensor of rank 4 of a function of the four indices. */
function made(
  elem: Tensor["elem"],
  dims: readonly number[],
  f: (a: number, b: number, c: number, d: number) => number,
): Tensor {
  const result = zeros(elem, dims);
  const target = elementsOf(result.data);
  const [, n, m, l] = dims as [number, number, number, number];
  for (let i = 0; i < target.length; i++) {
    const line = Math.floor(i / l);
    const block = Math.floor(line / m);
    target[i] = f(Math.floor(block / n), block % n, line % m, i % l);
  }
  return result;
}
