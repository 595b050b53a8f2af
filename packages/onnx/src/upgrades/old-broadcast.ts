// Arithmetic, comparisons and logic before opset 7: only the second input is stretched, and only where `broadcast` says
// so; `axis` says at which axis of the first one its axes begin.
import { attribute, int64s, unsupportedUse, without, type Upgrade } from "./upgrade.js";
import { invalid } from "../attributes.js";

export const oldBroadcast: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 7) return [raw];
  const axis = attribute(raw, "axis", "int");
  const stretched = attribute(raw, "broadcast", "int")?.value === 1n;
  const plain = { ...raw, attrs: without(raw.attrs, "axis", "broadcast") };
  if (!stretched || !axis) return [plain];
  const [rank, own] = [0, 1].map((index) => context.inputType(index)?.shape?.length);
  if (rank === undefined || own === undefined) {
    throw unsupportedUse(
      raw,
      `${raw.op} broadcasts from axis ${axis.value} on, but the ranks of its inputs are not known`,
      "state the shapes in the model, or export it in opset 7 or later",
    );
  }
  const first = Number(axis.value) < 0 ? Number(axis.value) + rank : Number(axis.value);
  const behind = rank - own - first;
  if (first < 0 || behind < 0) {
    throw invalid(
      raw.origin,
      `The axis ${axis.value} of ${raw.op} is out of range for ranks ${rank} and ${own}`,
    );
  }
  if (behind === 0) return [plain];
  // Axes of size 1 behind its own let today's rule find the same places.
  const aligned = context.value("aligned");
  const axes = Array.from({ length: behind }, (_, i) => BigInt(own + i));
  const unsqueeze = {
    ...raw,
    id: context.node("unsqueeze"),
    op: "Unsqueeze",
    attrs: new Map(),
    inputs: [raw.inputs[1] ?? null, context.constant("axes", int64s(axes))],
    outputs: [aligned],
  };
  return [unsqueeze, { ...plain, inputs: [raw.inputs[0] ?? null, aligned] }];
};
