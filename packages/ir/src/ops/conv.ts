import { products, sharedElement, shapeOf } from "./checks.js";
import { convAttributes, convShape } from "./conv-shapes.js";
import { defineOp, type InferContext } from "./define.js";
import { productOfDims, productOfKnown } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Dim, TensorType } from "../types.js";

/**
 * Convolution over any number of spatial axes. Inputs: X [N, C, ...], W [M, C / group, ...kernel], bias [M].
 * Every output element is one sum of C / group x kernel products; an output channel is a neuron.
 */
export const conv = defineOp({
  name: "Conv",
  arity: [2, 3],
  attributes: convAttributes,
  infer: (context) => [convType(context)],
  sums(context) {
    const weights = shapeOf(context, 1, 3);
    const output = convType(context).shape;
    if (!weights || !output) return null;
    const [batch, channels, ...pixels] = output as [Dim, Dim, ...Dim[]];
    const components = productOfDims([productOfKnown([batch]), channels, ...pixels]);
    return products(channels, components, productOfDims(weights.slice(1)));
  },
});

function convType(context: InferContext): TensorType {
  const elem = sharedElement(context, "float");
  return checkedType(context.node, elem, convShape(context, { input: 0, weights: 1, bias: 2 }));
}
