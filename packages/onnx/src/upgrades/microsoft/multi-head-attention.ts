// MultiHeadAttention: ONNX's Attention of queries, keys and values with biases, and masks of its own.
import { ints, stepsOf } from "../steps.js";
import { checkedAttributes, expectInputs, type Upgrade } from "../upgrade.js";
import { AttentionParts, type Input } from "./attention-parts.js";

export const multiHeadAttention: Upgrade = (raw, context) => {
  expectInputs(raw, 10);
  checkedAttributes(raw, "mask_filter_value", "num_heads", "scale", "unidirectional");
  const steps = stepsOf(raw, context);
  const parts: AttentionParts = new AttentionParts(raw, context, steps);
  const [query, key, value, bias] = [0, 1, 2, 3].map((i) => parts.input(i)) as [Input, Input, Input, Input];
  parts.refuseInputs({ 8: "a buffer of keys that is shared", 9: "beams" });
  parts.refuseOutput(3, "its scores");
  const rank = context.inputType(0)?.shape?.length;
  if (rank !== 3 || key === null || value === null) parts.refuse("has its queries, keys or values packed");
  const keyRank = context.inputType(1)?.shape?.length;
  if (keyRank !== 3 && keyRank !== 4) parts.refuse("has keys of unknown rank, or packed ones");

  /** Elements `from` and on of the bias, as many as the input has. */
  let from = 0;
  const biased = (id: Input, index: number): Input => {
    if (bias === null) return id;
    const size = context.inputType(index)?.shape?.at(-1);
    if (typeof size !== "number") parts.refuse("has a bias for inputs of unknown size");
    from += size;
    return steps.add("Add", [id, parts.slice(bias, from - size, from, 0)]);
  };
  /** Keys of another attention come head by head, and with their biases. */
  const bySequence = (id: Input): Input => {
    const turned = steps.add("Transpose", [id], { perm: ints(0, 2, 1, 3) });
    return steps.add("Reshape", [turned, parts.integers("whole", 0, 0, -1)]);
  };
  const own = (id: Input, index: number): Input => (keyRank === 4 ? bySequence(id) : biased(id, index));

  const q = biased(query, 0);
  const [k, v] = [own(key, 1), own(value, 2)];
  const [pastKey, pastValue] = [parts.input(6), parts.input(7)];
  const padding = parts.keyMask(4, () => {
    const length = parts.size(k, 1);
    return pastKey === null ? length : steps.add("Add", [parts.size(pastKey, 2), length]);
  });
  const mask = parts.sum(padding, parts.input(5));
  const heads = parts.whole("num_heads");
  const causal = parts.whole("unidirectional") !== 0;
  parts.attention([q, k, v, mask, pastKey, pastValue], raw.outputs.slice(0, 3), [heads, heads], causal);
  return steps.nodes;
};
