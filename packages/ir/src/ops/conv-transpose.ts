import { hasInput, sharedElement, shapeOf } from "./checks.js";
import { convAttributes, groupsOf, kernelSizes } from "./conv-shapes.js";
import { defineOp, shapeError } from "./define.js";
import { mergeDims } from "./dims.js";
import { checkedType } from "./limits.js";
import { transposedOutput } from "./transposed-window.js";
import type { Dim } from "../types.js";

/**
 * Convolution read backwards: every input element is spread over the kernel's taps. Inputs: X [N, C, ...],
 * W [C, M / group, ...kernel], bias [M]. With `output_shape` the pads follow from it, and none is negative.
 *
 * Sums: every output element adds products, not of one sign; an output channel is a neuron. Their number differs
 * within the output: per axis those taps count that fall on an element, at most ceil(kernel / stride) of them where
 * the dilation is 1, so a sum has at most C / group x the product of these. Planned as Conv's,
 * see `splitConvTranspose`.
 */
export const convTranspose = defineOp({
  name: "ConvTranspose",
  arity: [2, 3],
  attributes: { ...convAttributes, output_padding: { type: "ints" }, output_shape: { type: "ints" } },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float");
    const x = shapeOf(context, 0, 3);
    const w = shapeOf(context, 1, 3);
    const bias = hasInput(context, 2) ? (shapeOf(context, 2, 1, 1)?.[0] ?? null) : null;
    const group = groupsOf(node);
    if (!x) return [{ elem, shape: null }];
    if (w && w.length !== x.length) {
      throw shapeError(
        node,
        `ConvTranspose has an input of rank ${x.length}, but weights of rank ${w.length}`,
      );
    }
    const inputs = mergeDims(
      node,
      x[1]!,
      w?.[0] ?? null,
      "ConvTranspose needs weights for its input channels",
    );
    if (typeof inputs === "number" && inputs % group !== 0) {
      throw shapeError(
        node,
        `the ${inputs} input channels of ConvTranspose do not divide into ${group} groups`,
      );
    }
    const perGroup = w?.[1];
    const outputs = mergeDims(
      node,
      typeof perGroup === "number" ? perGroup * group : null,
      bias,
      "the bias of ConvTranspose must fit its weights",
    );
    const kernel = kernelSizes(node, w);
    const spatial: Dim[] = kernel ? transposedOutput(node, x.slice(2), kernel) : x.slice(2).map(() => null);
    return [checkedType(node, elem, [x[0]!, outputs, ...spatial])];
  },
});
