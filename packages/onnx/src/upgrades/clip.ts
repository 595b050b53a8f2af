// Clip: opset 11 made the bounds inputs.
import { attribute, expectInputs, scalar, without, type Upgrade } from "./upgrade.js";

export const clip: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 11) return [raw];
  expectInputs(raw, 1);
  const elem = context.inputType(0)?.elem ?? "float32";
  const bounds = ["min", "max"].map((name) => {
    const bound = attribute(raw, name, "float");
    return bound ? context.constant(name, scalar(elem, bound.value)) : null;
  });
  return [{ ...raw, attrs: without(raw.attrs, "min", "max"), inputs: [...raw.inputs, ...bounds] }];
};
