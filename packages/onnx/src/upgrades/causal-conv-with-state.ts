// CausalConvWithState: a convolution per channel of the past elements and the input in a row; the last of them are the
// present state. Said so, its sums are those of Conv.
import { invalid } from "../attributes.js";
import { int, ints, stepsOf } from "./steps.js";
import {
  attribute,
  checkedAttributes,
  expectInputs,
  int64s,
  unsupportedUse,
  type Upgrade,
} from "./upgrade.js";

export const causalConvWithState: Upgrade = (raw, context) => {
  expectInputs(raw, 4);
  checkedAttributes(raw, "activation");
  const [input = null, weights = null, bias = null, past = null] = raw.inputs;
  const activation = attribute(raw, "activation", "string")?.value ?? "none";
  if (!["none", "silu", "swish"].includes(activation)) {
    throw invalid(
      raw.origin,
      `CausalConvWithState has the activation "${activation}"`,
      "use none, silu or swish",
    );
  }
  const [channels, , kernel] = context.inputType(1)?.shape ?? [];
  if (typeof channels !== "number" || typeof kernel !== "number") {
    throw unsupportedUse(
      raw,
      "CausalConvWithState has weights of unknown shape",
      "export the model with its weights in the file",
    );
  }
  const steps = stepsOf(raw, context);
  const left = context.constant("left", int64s([0n, 0n, BigInt(kernel - 1), 0n, 0n, 0n]));
  const row =
    past === null ? steps.add("Pad", [input, left]) : steps.add("Concat", [past, input], { axis: int(2) });
  const conv = { group: int(channels), kernel_shape: ints(kernel) };
  const output = raw.outputs[0] ?? "";
  if (activation === "none") steps.finish("Conv", [row, weights, bias], output, conv);
  else steps.finish("Swish", [steps.add("Conv", [row, weights, bias], conv)], output);
  if (raw.outputs[1]) {
    const end = 2n ** 63n - 1n;
    const bounds = [kernel === 1 ? end : BigInt(1 - kernel), end, 2n].map((bound, i) =>
      context.constant(["start", "end", "axis"][i]!, int64s([bound])),
    );
    steps.finish("Slice", [row, ...bounds], raw.outputs[1]);
  }
  return steps.nodes;
};
