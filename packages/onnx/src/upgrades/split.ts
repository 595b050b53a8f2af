// Split: opset 13 made the sizes an input, opset 18 says how many equal parts there are where none are given.
import { attribute, expectInputs, int64s, without, type Upgrade } from "./upgrade.js";

export const split: Upgrade = (raw, context) => {
  const { opset } = raw.origin;
  if (opset >= 18) return [raw];
  // Opset 1 had the sizes as an input or as an attribute.
  expectInputs(raw, opset >= 13 || opset === 1 ? 2 : 1);
  const sizes = opset < 13 ? attribute(raw, "split", "ints") : undefined;
  const attrs = sizes ? without(raw.attrs, "split") : raw.attrs;
  if (raw.inputs[1]) return [{ ...raw, attrs }];
  if (sizes)
    return [{ ...raw, attrs, inputs: [raw.inputs[0]!, context.constant("split", int64s(sizes.value))] }];
  const count = { kind: "int", value: BigInt(raw.outputs.length) } as const;
  return [{ ...raw, attrs: new Map([...attrs, ["num_outputs", count]]) }];
};
