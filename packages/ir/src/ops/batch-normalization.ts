import { sharedElement, shapeOf } from "./checks.js";
import { defineOp, intAttr, shapeError } from "./define.js";
import { mergeDims } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Dim } from "../types.js";

const parameters = ["scale", "bias", "mean", "variance"];

/**
 * scale (x - mean) / sqrt(variance + epsilon) + bias, per channel (axis 1), with the statistics of training.
 * Inputs: X, scale, bias, mean, variance. Training itself is not supported.
 */
export const batchNormalization = defineOp({
  name: "BatchNormalization",
  arity: [5, 5],
  attributes: {
    epsilon: { type: "float", default: Math.fround(1e-5) },
    // Read in training only; listed because exporters write it.
    momentum: { type: "float", default: Math.fround(0.9) },
    training_mode: { type: "int", default: 0 },
  },
  infer(context) {
    const { node } = context;
    if (intAttr(node, "training_mode") !== 0 || node.outputs.length > 1) {
      throw shapeError(node, "BatchNormalization is in training mode", "export the model in evaluation mode");
    }
    const elem = sharedElement(context, "float");
    const shape = shapeOf(context, 0, 1);
    if (!shape) return [{ elem, shape }];
    // Without an axis 1 there is one channel, as in ONNX's reference implementation.
    let channels: Dim = shape.length > 1 ? shape[1]! : 1;
    parameters.forEach((name, i) => {
      const size = shapeOf(context, i + 1, 1, 1)?.[0] ?? null;
      channels = mergeDims(node, channels, size, `the ${name} of BatchNormalization must fit the channels`);
    });
    return [
      checkedType(
        node,
        elem,
        shape.map((dim, axis) => (axis === 1 ? channels : dim)),
      ),
    ];
  },
});
