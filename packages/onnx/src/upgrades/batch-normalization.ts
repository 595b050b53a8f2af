// BatchNormalization: only its use after training, so one output. Opset 9 dropped `spatial`, opset 7 `is_test`.
import { attribute, unsupportedUse, without, type Upgrade } from "./upgrade.js";

const next = "export the model for inference (in evaluation mode)";

export const batchNormalization: Upgrade = (raw, context) => {
  if (attribute(raw, "training_mode", "int")?.value) {
    throw unsupportedUse(raw, "BatchNormalization is in training mode", next);
  }
  const extra = raw.outputs.findIndex((_, index) => index > 0 && context.isRead(index));
  if (extra > 0)
    throw unsupportedUse(raw, `Output ${extra + 1} of BatchNormalization, of training, is used`, next);
  let attrs = raw.attrs;
  if (raw.origin.opset < 7) {
    if (attribute(raw, "is_test", "int")?.value !== 1n) {
      throw unsupportedUse(raw, "BatchNormalization has is_test = 0: it is in training mode", next);
    }
    attrs = without(attrs, "is_test");
  }
  if (raw.origin.opset < 9) {
    if (attribute(raw, "spatial", "int")?.value === 0n) {
      throw unsupportedUse(
        raw,
        "BatchNormalization has spatial = 0: statistics per element, not per channel",
        next,
      );
    }
    attrs = without(attrs, "spatial");
  }
  return [{ ...raw, attrs, outputs: raw.outputs.slice(0, 1) }];
};
