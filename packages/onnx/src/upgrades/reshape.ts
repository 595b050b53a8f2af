// Reshape: opset 5 made the shape an input.
import { invalid } from "../attributes.js";
import { attribute, expectInputs, int64s, without, type Upgrade } from "./upgrade.js";

export const reshape: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 5) return [raw];
  expectInputs(raw, 1);
  const shape = attribute(raw, "shape", "ints");
  if (!shape) throw invalid(raw.origin, `Reshape needs the attribute "shape" in opset ${raw.origin.opset}`);
  const inputs = [...raw.inputs, context.constant("shape", int64s(shape.value))];
  return [{ ...raw, attrs: without(raw.attrs, "shape"), inputs }];
};
