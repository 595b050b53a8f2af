// Dropout: after training it is the identity. Opset 12 made the ratio and the training mode inputs.
import { tensor } from "@mpplan/ir";
import type { RawNode } from "../raw-node.js";
import { scalar, unsupportedUse, type Upgrade, type UpgradeContext } from "./upgrade.js";

const next = "export the model for inference (in evaluation mode)";

export const dropout: Upgrade = (raw, context) => {
  const training = context.inputConstant(2);
  const mode = raw.inputs[2] ?? null;
  if (mode !== null && (training === undefined || Number(training.data[0]) !== 0)) {
    throw unsupportedUse(raw, "Dropout is in training mode, or may be", next);
  }
  return [
    {
      ...raw,
      op: "Identity",
      attrs: new Map(),
      inputs: raw.inputs.slice(0, 1),
      outputs: raw.outputs.slice(0, 1),
    },
    ...(raw.outputs.length > 1 && context.isRead(1) ? mask(raw, context) : []),
  ];
};

/** Nothing is dropped: the mask is true everywhere, or 1 of the element type of the input before opset 10. */
function mask(raw: RawNode, context: UpgradeContext): RawNode[] {
  const old = raw.origin.opset < 10;
  const one = old
    ? scalar(context.inputType(0)?.elem ?? "float32", 1)
    : tensor("bool", [1], Uint8Array.of(1));
  const shape = context.value("shape");
  const value = { kind: "tensor", value: { ...one, dims: [1] } } as const;
  return [
    {
      ...raw,
      id: context.node("shape"),
      op: "Shape",
      attrs: new Map(),
      inputs: raw.inputs.slice(0, 1),
      outputs: [shape],
    },
    {
      ...raw,
      id: context.node("mask"),
      op: "ConstantOfShape",
      attrs: new Map([["value", value]]),
      inputs: [shape],
      outputs: raw.outputs.slice(1, 2),
    },
  ];
}
