// RotaryEmbedding of com.microsoft: ONNX's, with its inputs in another order, and one offset for all positions if it is a list.
import { int, stepsOf } from "../steps.js";
import {
  attribute,
  checkedAttributes,
  expectInputs,
  unsupportedUse,
  without,
  type Upgrade,
} from "../upgrade.js";
import { AttentionParts } from "./attention-parts.js";

export const rotaryEmbedding: Upgrade = (raw, context) => {
  expectInputs(raw, 4);
  checkedAttributes(raw, "interleaved", "is_packed_batching", "num_heads", "rotary_embedding_dim", "scale");
  const [input = null, positions = null, cosines = null, sines = null] = raw.inputs;
  const scaled = (attribute(raw, "scale", "float")?.value ?? 1) !== 1;
  const packed = (attribute(raw, "is_packed_batching", "int")?.value ?? 0n) !== 0n;
  if (scaled || packed) {
    throw unsupportedUse(
      raw,
      `com.microsoft.RotaryEmbedding has ${scaled ? "a scale" : "packed batches"}`,
      "export it as ONNX's RotaryEmbedding",
    );
  }
  const steps = stepsOf(raw, context);
  const parts: AttentionParts = new AttentionParts(raw, context, steps);
  const offset = context.inputType(1)?.shape?.length === 1;
  const fromOffset = (): string => {
    const rank = context.inputType(0)?.shape?.length;
    if (rank === undefined) parts.refuse("has an input of unknown rank");
    const length = parts.size(input, rank === 3 ? 1 : 2);
    const dims = steps.add("Concat", [parts.size(input, 0), length], { axis: int(0) });
    return steps.add("Expand", [steps.add("Add", [positions, parts.places(length)]), dims]);
  };
  const inputs = [input, cosines, sines, offset ? fromOffset() : positions];
  const attrs = Object.fromEntries(without(raw.attrs, "scale", "is_packed_batching"));
  steps.finish("RotaryEmbedding", inputs, raw.outputs[0] ?? "", attrs);
  return steps.nodes;
};
