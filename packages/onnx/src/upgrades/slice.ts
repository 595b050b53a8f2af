// Slice: opset 10 made its bounds inputs.
import { invalid } from "../attributes.js";
import { attribute, expectInputs, int64s, without, type Upgrade } from "./upgrade.js";

export const slice: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 10) return [raw];
  expectInputs(raw, 1);
  const [starts, ends, axes] = ["starts", "ends", "axes"].map((name) => attribute(raw, name, "ints"));
  if (!starts || !ends) {
    throw invalid(raw.origin, `Slice needs the attributes "starts" and "ends" in opset ${raw.origin.opset}`);
  }
  const inputs = [
    ...raw.inputs,
    context.constant("starts", int64s(starts.value)),
    context.constant("ends", int64s(ends.value)),
    ...(axes ? [context.constant("axes", int64s(axes.value))] : []),
  ];
  return [{ ...raw, attrs: without(raw.attrs, "starts", "ends", "axes"), inputs }];
};
