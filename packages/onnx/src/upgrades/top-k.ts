// TopK: opset 10 made k an input, opset 11 added the smallest elements.
import { invalid } from "../attributes.js";
import { attribute, expectInputs, int64s, without, type Upgrade } from "./upgrade.js";

export const topK: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 10) return [raw];
  expectInputs(raw, 1);
  const k = attribute(raw, "k", "int");
  if (!k) throw invalid(raw.origin, `TopK needs the attribute "k" in opset ${raw.origin.opset}`);
  const inputs = [...raw.inputs, context.constant("k", int64s([k.value]))];
  return [{ ...raw, attrs: without(raw.attrs, "k"), inputs }];
};
