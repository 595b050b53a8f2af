// Losses of classifiers.
import { shapeError, stringAttr, toNumbers, type Node, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputTypes, zeros } from "./tensors.js";

export const negativeLogLikelihoodLoss: ReferenceKernel = (inputs, node) => [
  lossOf(need(inputs, 0, node), inputs, node),
];

export const softmaxCrossEntropyLoss: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const logs = zeros(x.elem, x.dims);
  const [source, target] = [elementsOf(x.data), elementsOf(logs.data)];
  const [classes, { inner }] = [x.dims[1]!, around(x.dims, 1)];
  for (let pixel = 0; pixel < source.length / classes; pixel++) {
    const first = Math.floor(pixel / inner) * classes * inner + (pixel % inner);
    let most = -Infinity;
    for (let c = 0; c < classes; c++) most = Math.max(most, source[first + c * inner]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(source[first + c * inner]! - most);
    for (let c = 0; c < classes; c++) {
      target[first + c * inner] = source[first + c * inner]! - most - Math.log(sum);
    }
  }
  return [lossOf(logs, inputs, node), logs];
};

/** The loss of these log-probabilities. */
function lossOf(logs: Tensor, inputs: readonly (Tensor | null)[], node: Node): Tensor {
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: number[] }];
  const targets = toNumbers(need(inputs, 1, node));
  const weights = inputs[2] ? elementsOf(inputs[2].data) : null;
  const ignored = node.attrs["ignore_index"];
  const [classes, { inner }] = [logs.dims[1]!, around(logs.dims, 1)];
  const reduction = stringAttr(node, "reduction");
  const source = elementsOf(logs.data);
  const losses = new Float64Array(targets.length);
  let total = 0;
  targets.forEach((c, pixel) => {
    if (c === ignored) return;
    if (c < 0 || c >= classes) {
      throw shapeError(
        node,
        `the target ${c} of ${node.op} is none of its ${classes} classes`,
        "correct the targets, or set ignore_index to what is to be left out",
      );
    }
    const weight = weights ? weights[c]! : 1;
    const sample = Math.floor(pixel / inner);
    losses[pixel] = -weight * source[(sample * classes + c) * inner + (pixel % inner)]!;
    total += weight;
  });
  const result = zeros(elem, shape);
  if (reduction === "none") elementsOf(result.data).set(losses);
  else {
    const sum = losses.reduce((a, b) => a + b, 0);
    elementsOf(result.data)[0] = reduction === "sum" ? sum : sum / total;
  }
  return result;
}
