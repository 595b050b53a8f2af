import { hasInput, products, sharedElement, shapeOf } from "./checks.js";
import { defineOp, intAttr, optionalInts, shapeError, type InferContext } from "./define.js";
import { mergeDims, productOfDims, productOfKnown } from "./dims.js";
import { checkedType } from "./limits.js";
import { windowAttributes, windowOutput } from "./window.js";
import type { Dim, TensorType } from "../types.js";

/**
 * Convolution over any number of spatial axes. Inputs: X [N, C, ...], W [M, C / group, ...kernel], bias [M].
 * Every output element is one sum of C / group x kernel products; an output channel is a neuron.
 */
export const conv = defineOp({
  name: "Conv",
  arity: [2, 3],
  attributes: { ...windowAttributes, group: { type: "int", default: 1 }, kernel_shape: { type: "ints" } },
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
  const { node } = context;
  const elem = sharedElement(context, "float");
  const input = shapeOf(context, 0, 3);
  const weights = shapeOf(context, 1, 3);
  const bias = hasInput(context, 2) ? shapeOf(context, 2, 1, 1) : null;
  const group = intAttr(node, "group");
  if (!Number.isInteger(group) || group < 1) throw shapeError(node, `Conv has ${group} groups`);

  const channels = mergeDims(
    node,
    weights?.[0] ?? null,
    bias?.[0] ?? null,
    "the bias of Conv must fit its weights",
  );
  if (typeof channels === "number" && channels % group !== 0) {
    throw shapeError(node, `the ${channels} output channels of Conv do not divide into ${group} groups`);
  }
  if (!input) return { elem, shape: null };
  if (weights && weights.length !== input.length) {
    throw shapeError(
      node,
      `Conv has an input of rank ${input.length}, but weights of rank ${weights.length}`,
    );
  }
  const perGroup = weights?.[1];
  if (typeof perGroup === "number" && typeof input[1] === "number" && perGroup * group !== input[1]) {
    throw shapeError(
      node,
      `the input of Conv has ${input[1]} channels, but its weights are for ${perGroup} x ${group} (group)`,
    );
  }
  const kernel = kernelSizes(context, weights);
  const spatial: Dim[] = kernel ? windowOutput(node, input.slice(2), kernel) : input.slice(2).map(() => null);
  return checkedType(node, elem, [input[0]!, channels, ...spatial]);
}

/** The kernel's sizes: those of the weights, which the attribute may only repeat. */
function kernelSizes({ node }: InferContext, weights: readonly Dim[] | null): number[] | null {
  const stated = optionalInts(node, "kernel_shape");
  const actual: readonly Dim[] | undefined = weights?.slice(2);
  if (stated && actual && stated.length !== actual.length) {
    throw shapeError(
      node,
      `Conv has a kernel_shape of [${stated.join(", ")}], but weights of rank ${weights!.length}`,
    );
  }
  const rank = actual ?? stated ?? [];
  const merged = rank.map((_, i) =>
    mergeDims(
      node,
      actual?.[i] ?? null,
      stated?.[i] ?? null,
      "the kernel_shape of Conv must fit its weights",
    ),
  );
  return merged.length > 0 && merged.every((dim) => typeof dim === "number") ? merged : null;
}
