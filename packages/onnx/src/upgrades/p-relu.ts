// PRelu: before opset 7 a slope of one axis belonged to the channels, axis 1 of the input.
import type { Dim } from "@mpplan/ir";
import { int64s, type Upgrade } from "./upgrade.js";

export const pRelu: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 7) return [raw];
  const rank = context.inputType(0)?.shape?.length;
  const slope: readonly Dim[] | null = context.inputType(1)?.shape ?? null;
  if (rank === undefined || rank <= 2 || slope?.length !== 1 || slope[0] === 1) return [raw];
  const aligned = context.value("aligned");
  const axes = Array.from({ length: rank - 2 }, (_, i) => BigInt(1 + i));
  const unsqueeze = {
    ...raw,
    id: context.node("unsqueeze"),
    op: "Unsqueeze",
    attrs: new Map(),
    inputs: [raw.inputs[1] ?? null, context.constant("axes", int64s(axes))],
    outputs: [aligned],
  };
  return [unsqueeze, { ...raw, inputs: [raw.inputs[0] ?? null, aligned] }];
};
