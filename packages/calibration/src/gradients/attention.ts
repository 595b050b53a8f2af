// Attention, step by step: scores, what is done to them, weights, and the values they weigh.
import { attentionScale, attentionSizes, attentionStages, intAttr, type Tensor } from "@mpplan/ir";
import { contextOf, evaluateNode } from "@mpplan/runtime";
import { add, div, mul } from "./arithmetic.js";
import { concat } from "./concat.js";
import { matMul } from "./mat-mul.js";
import { gather, transpose } from "./moves.js";
import { reshape } from "./reshape.js";
import { numbersOf, type GradientContext, type GradientRule } from "./rule.js";
import { softmax } from "./softmax.js";
import { Tape, type Taped } from "./tape.js";
import { tanh } from "./unary.js";

const rules = {
  Add: add,
  Concat: concat,
  Div: div,
  Gather: gather,
  MatMul: matMul,
  Mul: mul,
  Reshape: reshape,
  Softmax: softmax,
  Tanh: tanh,
  Transpose: transpose,
};

/** A query that sees no key passes nothing. Only where the mask is not asked for. */
export const attention: GradientRule = (context) => {
  const { node, inputs, outputs, wanted } = context;
  if (wanted[3]) return null;
  const { heads, kvHeads } = attentionSizes(contextOf(inputs, node))! as { heads: number; kvHeads: number };
  const tape = new Tape(rules);
  const leaves = inputs.map((t, i) => t && tape.leaf(t, wanted[i]));
  const number = (x: number): Taped => tape.constant([], [x]);
  const turned = (t: Taped, perm: readonly number[]): Taped => tape.apply("Transpose", [t], { perm });

  /** [batch, sequence, heads x size] as [batch, heads, sequence, size]. */
  const byHead = (t: Taped, count: number): Taped => {
    const [batch, length, whole] = t.value.dims as [number, number, number];
    if (t.value.dims.length === 4) return t;
    const parted = tape.apply("Reshape", [t, tape.ints(batch, length, count, whole / count)]);
    return turned(parted, [0, 2, 1, 3]);
  };
  const joined = (past: Taped | null | undefined, t: Taped): Taped =>
    past ? tape.apply("Concat", [past, t], { axis: 2 }) : t;
  /** Neighbouring query heads share a key head. */
  const shared = (t: Taped): Taped => {
    if (heads === kvHeads) return t;
    const own = Array.from({ length: heads }, (_, head) => Math.floor((head * kvHeads) / heads));
    return tape.apply("Gather", [t, tape.ints(...own)], { axis: 1 });
  };

  const q = byHead(leaves[0]!, heads);
  const k = joined(leaves[4], byHead(leaves[1]!, kvHeads));
  const v = joined(leaves[5], byHead(leaves[2]!, kvHeads));
  const scale = attentionScale(node, inputs[0]!.elem, q.value.dims[3]!);
  const products = tape.apply("MatMul", [q, turned(shared(k), [0, 1, 3, 2])]);
  const scores = tape.apply("Mul", [products, number(scale)]);
  const softcap = node.attrs["softcap"] as number;
  const bent = (): Taped => tape.apply("Tanh", [tape.apply("Div", [scores, number(softcap)])]);
  const softcapped = softcap > 0 ? tape.apply("Mul", [bent(), number(softcap)]) : scores;
  const { bias, live } = biasOf(context, scores.value.dims);
  const masked = tape.apply("Add", [softcapped, tape.leaf(bias)]);
  const weights = tape.apply("Mul", [tape.apply("Softmax", [masked], { axis: -1 }), tape.leaf(live)]);
  const mixed = tape.apply("MatMul", [weights, shared(v)]);
  const y =
    inputs[0]!.dims.length === 4
      ? mixed
      : tape.apply("Reshape", [turned(mixed, [0, 2, 1, 3]), tape.ints(...outputs[0]!.dims)]);
  const stages = { scores, softcapped, masked, weights };
  const stage = stages[attentionStages[intAttr(node, "qk_matmul_output_mode")]!];
  return tape.pullback([y, k, v, stage], leaves);
};

/**
 * What is added to every score, as the kernel shows it for queries of zeros: 0 throughout where a query sees no key.
 * And 1 per query that sees any, 0 for the others.
 */
function biasOf({ node, inputs }: GradientContext, dims: readonly number[]): { bias: Tensor; live: Tensor } {
  const wide = inputs.map((t): Tensor | null =>
    t?.data instanceof Float64Array ? { ...t, elem: "float64" } : (t ?? null),
  );
  wide[0] = { ...wide[0]!, data: new Float64Array(wide[0]!.data.length) };
  const attrs = { ...node.attrs, qk_matmul_output_mode: attentionStages.indexOf("masked") };
  const bias = numbersOf(
    evaluateNode({ ...node, attrs, outputs: ["y", "k", "v", "masked"] }, wide)[3],
  ).slice();
  const keys = dims[3]!;
  const live = Float64Array.from({ length: bias.length / keys }, (_, row) => {
    const line = bias.subarray(row * keys, (row + 1) * keys);
    if (line.some((x) => x !== -Infinity)) return 1;
    line.fill(0);
    return 0;
  });
  return {
    bias: { elem: "float64", dims, data: bias },
    live: { elem: "float64", dims: [...dims.slice(0, 3), 1], data: live },
  };
}
