// DFT: opset 20 made the axis an input, and chose another where none is given.
import { tensor } from "@mpplan/ir";
import { attribute, expectInputs, without, withInputs, type Upgrade } from "./upgrade.js";

export const dft: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 20) return [raw];
  expectInputs(raw, 2);
  const axis = attribute(raw, "axis", "int")?.value ?? 1n;
  const value = context.constant("axis", tensor("int64", [], BigInt64Array.of(axis)));
  return [{ ...raw, attrs: without(raw.attrs, "axis"), inputs: withInputs(raw, 2, value) }];
};
