// RotaryEmbedding of com.microsoft: ONNX's, with its inputs in another order.
import { attribute, expectInputs, unsupportedUse, without, type Upgrade } from "../upgrade.js";

export const rotaryEmbedding: Upgrade = (raw, context) => {
  expectInputs(raw, 4);
  const [input = null, positions = null, cosines = null, sines = null] = raw.inputs;
  const scaled = (attribute(raw, "scale", "float")?.value ?? 1) !== 1;
  const packed = (attribute(raw, "is_packed_batching", "int")?.value ?? 0n) !== 0n;
  if (scaled || packed || context.inputType(1)?.shape?.length === 1) {
    const what = scaled ? "a scale" : packed ? "packed batches" : "one offset for all positions";
    throw unsupportedUse(
      raw,
      `com.microsoft.RotaryEmbedding has ${what}`,
      "export it as ONNX's RotaryEmbedding",
    );
  }
  return [
    {
      ...raw,
      op: "RotaryEmbedding",
      inputs: [input, cosines, sines, positions],
      attrs: without(raw.attrs, "scale", "is_packed_batching"),
    },
  ];
};
