// Writes Attention as the products that it adds up, scores by MatMul and weighted values by MatMul, and what lies between.
import { valueOf, type Graph, type Node, type ValueId } from "../graph.js";
import { attentionScale, attentionSizes, attentionStages, type AttentionSizes } from "../ops/attention.js";
import { floatAttr, intAttr } from "../ops/define.js";
import { inputsOf } from "../sites.js";
import type { ElementType } from "../types.js";
import { attentionBias, whyNotBiased } from "./attention-bias.js";
import { Lowering } from "./lowering.js";
import { Rewrite, type PassResult } from "./pass.js";

/** Sizes that have to be known. */
interface Known extends AttentionSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly size: number;
  readonly valueSize: number;
}

/**
 * Y = (softmax(softcap((scale Q) K^T) + bias)) V. The scale comes before the sum, so that the scores are the logits
 * of the softmax themselves; shared key heads are repeated, and the heads are the neurons of both sites,
 * `<node>/scores` and `<node>/values`. Narrow floats are widened to binary32 first and rounded once, at the end, as the
 * operator does; `softmax_precision` is of no account in the reference and of none here.
 */
export function expandAttention(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if (node.op !== "Attention" || whyNotExpanded(graph, node) !== null) continue;
    expand(graph, node, new Lowering(rewrite, node));
  }
  return rewrite.finish();
}

/** Why an Attention stays as it is; null where it does not. Batch and lengths may be open where no mask needs them. */
export function whyNotExpanded(graph: Graph, node: Node): string | null {
  const sizes = attentionSizes({ node, inputs: inputsOf(graph, node) });
  if (!sizes) return "the rank of its inputs is not known";
  const { heads, kvHeads, size, valueSize } = sizes;
  for (const [dim, what] of [
    [heads, "number of heads"],
    [kvHeads, "number of key heads"],
    [size, "size of a head"],
    [valueSize, "size of a value's head"],
  ] as const) {
    if (typeof dim !== "number") return `the ${what} is not known`;
  }
  if ([sizes.batch, heads, sizes.queries, sizes.keys, size, valueSize].includes(0))
    return "an input is empty";
  return whyNotBiased(graph, node, sizes);
}

function expand(graph: Graph, node: Node, to: Lowering): void {
  const sizes = attentionSizes({ node, inputs: inputsOf(graph, node) }) as Known;
  const { rank, heads, kvHeads, size, valueSize } = sizes;
  const elemOf = (index: number): ElementType => valueOf(graph, node.inputs[index]!).type!.elem;
  const given = (index: number): ValueId | null => node.inputs[index] ?? null;
  const elem = elemOf(0);
  const wide = [0, 2, 3].some((index) => given(index) !== null && elemOf(index) === "float64");
  const work = wide ? "float64" : "float32";
  const cast = (id: ValueId, from: ElementType, into: ElementType, name: string): ValueId =>
    from === into ? id : to.add("Cast", [id], name, { to: into });

  /** [batch, sequence, heads x size] as [batch, heads, sequence, size]; what has rank 4 is so already. */
  const byHead = (index: number, count: number, each: number, name: string): ValueId => {
    if (rank === 4) return given(index)!;
    const shape = to.integers(`${name}.shape`, [0, 0, count, each]);
    const parted = to.add("Reshape", [given(index), shape], `${name}.parted`);
    return to.add("Transpose", [parted], `${name}.heads`, { perm: [0, 2, 1, 3] });
  };
  /** The earlier keys or values, then these. */
  const joined = (index: number, past: number, each: number, name: string): ValueId => {
    const own = byHead(index, kvHeads, each, name);
    if (given(past) === null) return own;
    const before = cast(given(past)!, elemOf(past), elemOf(index), `${name}.past`);
    return to.add("Concat", [before, own], `${name}.all`, { axis: 2 });
  };
  /** One head per query head, in the type of the work: neighbours share a key head. */
  const shared = (id: ValueId, index: number, name: string): ValueId => {
    const typed = cast(id, elemOf(index), work, `${name}.wide`);
    if (heads === kvHeads) return typed;
    const owners = Array.from({ length: heads }, (_, head) => Math.floor((head * kvHeads) / heads));
    return to.add("Gather", [typed, to.integers(`${name}.owners`, owners)], `${name}.shared`, { axis: 1 });
  };

  const keys = joined(1, 4, size, "k");
  const values = joined(2, 5, valueSize, "v");
  const query = cast(byHead(0, heads, size, "q"), elem, work, "q.wide");
  const scaled = to.add("Mul", [query, to.scalar(work, attentionScale(node, elem, size))], "q.scaled");
  const turned = to.add("Transpose", [shared(keys, 1, "k")], "k.turned", { perm: [0, 1, 3, 2] });
  const scores = to.add("MatMul", [scaled, turned], "scores");
  const softcapped = softcap(node, to, scores, work);
  const bias = attentionBias(graph, node, sizes, to, work);
  const masked = bias ? to.add("Add", [softcapped, bias.value], "masked") : softcapped;
  const softmax = to.add("Softmax", [masked], "softmax", { axis: -1 });
  // The softmax of a line of nothing but minus infinity is no number; its weights are 0.
  const weights = bias?.empty
    ? to.add("Where", [bias.empty, to.scalar(work, 0), softmax], "weights")
    : softmax;
  const sum = to.add("MatMul", [weights, shared(values, 2, "v")], "values");
  const y = cast(sum, work, elem, "y.narrow");

  to.yield(rank === 4 ? y : bySequence(to, y, heads * valueSize));
  to.yield(keys, 1);
  to.yield(values, 2);
  if (node.outputs[3] !== undefined) {
    const stage = { scores, softcapped, masked, weights }[
      attentionStages[intAttr(node, "qk_matmul_output_mode")]!
    ];
    to.yield(cast(stage, work, elem, "qk.narrow"), 3);
  }
  to.replace();
}

function softcap(node: Node, to: Lowering, scores: ValueId, elem: ElementType): ValueId {
  const most = floatAttr(node, "softcap");
  if (most <= 0) return scores;
  const tanh = to.add("Tanh", [to.add("Div", [scores, to.scalar(elem, most)], "capped.part")], "capped.tanh");
  return to.add("Mul", [tanh, to.scalar(elem, most)], "capped");
}

/** [batch, heads, sequence, size] as [batch, sequence, heads x size]. */
function bySequence(to: Lowering, y: ValueId, whole: number): ValueId {
  const turned = to.add("Transpose", [y], "y.turned", { perm: [0, 2, 1, 3] });
  return to.add("Reshape", [turned, to.integers("y.shape", [0, 0, whole])], "y");
}
