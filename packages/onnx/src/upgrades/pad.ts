// Pad: opset 11 made the amounts and the value inputs; in opset 1 the amounts were called paddings.
import { attribute, expectInputs, int64s, scalar, without, type Upgrade } from "./upgrade.js";
import { invalid } from "../attributes.js";

export const pad: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 11) return [raw];
  expectInputs(raw, 1);
  const name = raw.origin.opset === 1 ? "paddings" : "pads";
  const pads = attribute(raw, name, "ints");
  if (!pads) throw invalid(raw.origin, `Pad needs the attribute "${name}" in opset ${raw.origin.opset}`);
  const inputs = [...raw.inputs, context.constant("pads", int64s(pads.value))];
  const value = attribute(raw, "value", "float");
  if (value) {
    inputs.push(context.constant("value", scalar(context.inputType(0)?.elem ?? "float32", value.value)));
  }
  return [{ ...raw, attrs: without(raw.attrs, name, "value"), inputs }];
};
