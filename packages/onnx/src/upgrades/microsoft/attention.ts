// Attention of com.microsoft, and QAttention: one product with the weights of queries, keys and values, then ONNX's Attention.
import { int, stepsOf } from "../steps.js";
import { attribute, checkedAttributes, expectInputs, type Upgrade } from "../upgrade.js";
import type { RawNode } from "../../raw-node.js";
import { AttentionParts, type Input } from "./attention-parts.js";

/** Where the inputs of the two stand. */
interface Places {
  readonly mask: number;
  readonly past: number;
  readonly bias: number;
}

export const attention: Upgrade = (raw, context) => {
  expectInputs(raw, 7);
  checkedAttributes(
    raw,
    "do_rotary",
    "mask_filter_value",
    "num_heads",
    "past_present_share_buffer",
    "qkv_hidden_sizes",
    "rotary_embedding_dim",
    "scale",
    "unidirectional",
  );
  const steps = stepsOf(raw, context);
  const parts: AttentionParts = new AttentionParts(raw, context, steps);
  parts.refuseInputs({ 6: "a buffer of keys that is shared" });
  if (parts.whole("do_rotary") !== 0) parts.refuse("turns its queries and keys");
  const whole = attribute(raw, "qkv_hidden_sizes", "ints")?.value.map(Number);
  const sizes = whole ?? thirdsOf(context.inputType(1)?.shape?.[1] ?? null, parts);
  projected(raw, parts, steps, parts.input(0), parts.input(1), sizes, { bias: 2, mask: 3, past: 4 }, 5);
  return steps.nodes;
};

/** Attention of quantised inputs and weights, which are dequantised: their products are the same numbers. */
export const qAttention: Upgrade = (raw, context) => {
  expectInputs(raw, 9);
  checkedAttributes(
    raw,
    "do_rotary",
    "mask_filter_value",
    "num_heads",
    "past_present_share_buffer",
    "scale",
    "unidirectional",
  );
  const steps = stepsOf(raw, context);
  const parts: AttentionParts = new AttentionParts(raw, context, steps, 3);
  if (parts.whole("do_rotary") !== 0) parts.refuse("turns its queries and keys");
  const real = (index: number, scale: number, zero: number): Input =>
    steps.add("DequantizeLinear", [parts.input(index), parts.input(scale), parts.input(zero)], {
      axis: int(1),
    });
  const sizes = thirdsOf(context.inputType(1)?.shape?.[1] ?? null, parts);
  projected(raw, parts, steps, real(0, 3, 6), real(1, 4, 7), sizes, { bias: 2, mask: 5, past: 8 }, null);
  return steps.nodes;
};

function thirdsOf(columns: unknown, parts: AttentionParts): number[] {
  if (typeof columns !== "number") parts.refuse("has weights of unknown size");
  if (columns % 3 !== 0) parts.refuse(`has ${columns} columns of weights, which are no thirds`);
  return [columns / 3, columns / 3, columns / 3];
}

function projected(
  raw: RawNode,
  parts: AttentionParts,
  steps: ReturnType<typeof stepsOf>,
  input: Input,
  weights: Input,
  sizes: readonly number[],
  places: Places,
  added: number | null,
): void {
  const product = steps.add("MatMul", [input, weights]);
  const bias = parts.input(places.bias);
  const sum = bias === null ? product : steps.add("Add", [product, bias]);
  let from = 0;
  const [q, k, v] = sizes.map((size) => parts.slice(sum, from, (from += size), 2));
  const past = parts.input(places.past);
  const half = (index: number): Input =>
    past === null
      ? null
      : steps.add("Squeeze", [parts.slice(past, index, index + 1, 0), parts.integers("first", 0)]);
  const [pastKey, pastValue] = [half(0), half(1)];
  const padding = parts.keyMask(places.mask, () => {
    const length = parts.size(input, 1);
    return pastKey === null ? length : steps.add("Add", [parts.size(pastKey, 2), length]);
  });
  const mask = parts.sum(padding, added === null ? null : parts.input(added));
  const heads = parts.whole("num_heads");
  const [output = "", present = ""] = raw.outputs;
  const states = present === "" ? [] : [parts.value("key"), parts.value("value")];
  const causal = parts.whole("unidirectional") !== 0;
  parts.attention([q!, k!, v!, mask, pastKey, pastValue], [output, ...states], [heads, heads], causal);
  if (present === "") return;
  const stacked = states.map((id) => parts.unsqueezed(id, 0));
  steps.add("Concat", stacked, { axis: int(0) }, present);
}
