// Losses of classifiers. They sum over all samples and pixels (values, weighted; reduction "sum" or "mean"), and the
// log-softmax inside SoftmaxCrossEntropyLoss sums C exponentials of one sign per pixel.
import { hasInput, requireElement, sharedElement, shapeOf } from "./checks.js";
import { defineOp, inputType, shapeError, stringAttr, type InferContext } from "./define.js";
import { mergeDims, printShape } from "./dims.js";
import type { Dim, TensorType } from "../types.js";

const attributes = {
  ignore_index: { type: "int" },
  reduction: { type: "string", default: "mean", oneOf: ["none", "sum", "mean"] },
} as const;

/**
 * -weight[target] x input[target], per sample and pixel, added up or averaged by the weights.
 * Inputs: log-probabilities [N, C, ...], targets [N, ...], weights [C].
 */
export const negativeLogLikelihoodLoss = defineOp({
  name: "NegativeLogLikelihoodLoss",
  arity: [2, 3],
  attributes,
  infer: (context) => [lossType(context)],
});

/** NegativeLogLikelihoodLoss of the log-softmax over axis 1, which is the second output. */
export const softmaxCrossEntropyLoss = defineOp({
  name: "SoftmaxCrossEntropyLoss",
  arity: [2, 3],
  attributes,
  infer: (context) => [lossType(context), inputType(context, 0)],
});

function lossType(context: InferContext): TensorType {
  const { node } = context;
  const elem = sharedElement(context, "float", hasInput(context, 2) ? [0, 2] : [0]);
  requireElement(node, inputType(context, 1).elem, "index", "target");
  const scores = shapeOf(context, 0, 2);
  const targets = shapeOf(context, 1, 1);
  const weights = hasInput(context, 2) ? shapeOf(context, 2, 1, 1) : null;
  if (scores && weights) {
    mergeDims(node, scores[1]!, weights[0]!, `the weights of ${node.op} must fit the classes`);
  }
  const pixels = scores && [scores[0]!, ...scores.slice(2)];
  if (pixels && targets && pixels.length !== targets.length) {
    throw shapeError(
      node,
      `the targets of ${node.op}, ${printShape(targets)}, do not fit its input ${printShape(scores)}`,
    );
  }
  const merged =
    pixels && targets
      ? pixels.map((dim, i): Dim =>
          mergeDims(node, dim, targets[i]!, `the targets of ${node.op} must fit its input`),
        )
      : (pixels ?? targets);
  return { elem, shape: stringAttr(node, "reduction") === "none" ? merged : [] };
}
