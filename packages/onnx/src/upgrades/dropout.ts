// Dropout: after training it is the identity. Opset 12 made the ratio and the training mode inputs.
import { unsupportedUse, type Upgrade } from "./upgrade.js";

const next = "export the model for inference (in evaluation mode)";

export const dropout: Upgrade = (raw, context) => {
  if (raw.outputs.length > 1 && context.isRead(1)) {
    throw unsupportedUse(raw, "The mask of Dropout is used", next);
  }
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
  ];
};
