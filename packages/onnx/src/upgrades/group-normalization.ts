// GroupNormalization: opset 18 has scale and bias per group, later ones per channel.
import { invalid } from "../attributes.js";
import type { RawNode } from "../raw-node.js";
import { attribute, int64s, unsupportedUse, type Upgrade } from "./upgrade.js";

export const groupNormalization: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 21) return [raw];
  const groups = Number(attribute(raw, "num_groups", "int")?.value ?? 0n);
  const channels = context.inputType(0)?.shape?.[1];
  if (groups < 1) throw invalid(raw.origin, `GroupNormalization has ${groups} groups`);
  if (typeof channels !== "number" || channels % groups !== 0) {
    throw unsupportedUse(
      raw,
      `GroupNormalization of opset ${raw.origin.opset} has ${channels ?? "unknown"} channels in ${groups} groups`,
      "export the model with opset 21 or newer",
    );
  }
  const column = context.constant("column", int64s([-1n, 1n]));
  const expanded = context.constant("expanded", int64s([BigInt(groups), BigInt(channels / groups)]));
  const list = context.constant("list", int64s([-1n]));
  const steps: RawNode[] = [];
  const perChannel = raw.inputs.slice(1).map((input, i) => {
    const name = i === 0 ? "scale" : "bias";
    const step = (op: string, inputs: RawNode["inputs"]): string => {
      const output = context.value(`${name}-${op.toLowerCase()}`);
      steps.push({
        ...raw,
        id: context.node(`${name}-${op.toLowerCase()}`),
        op,
        inputs,
        outputs: [output],
        attrs: new Map(),
      });
      return output;
    };
    return step("Reshape", [step("Expand", [step("Reshape", [input, column]), expanded]), list]);
  });
  return [...steps, { ...raw, inputs: [raw.inputs[0] ?? null, ...perChannel] }];
};
