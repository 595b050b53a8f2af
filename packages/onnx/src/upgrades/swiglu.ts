// SwiGLU: Swish of the first input, times the second.
import { stepsOf } from "./steps.js";
import { checkedAttributes, expectInputs, type Upgrade } from "./upgrade.js";

export const swiglu: Upgrade = (raw, context) => {
  expectInputs(raw, 2);
  checkedAttributes(raw, "alpha");
  const alpha = raw.attrs.get("alpha");
  const steps = stepsOf(raw, context);
  const gate = steps.add("Swish", raw.inputs.slice(0, 1), alpha && { alpha });
  steps.finish("Mul", [gate, raw.inputs[1] ?? null], raw.outputs[0] ?? "");
  return steps.nodes;
};
