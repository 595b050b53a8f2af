// Operators that only move elements: the kernel itself, run on the elements' numbers, tells where each came from.
import type { Tensor } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { runKernel } from "./run-kernel.js";
import type { GradientContext, GradientRule, Pullback } from "./rule.js";

export const centerCropPad = moves(0);
export const compress = moves(0);
export const depthToSpace = moves(0);
export const expand = moves(0);
export const gather = moves(0);
export const gatherElements = moves(0);
export const gatherND = moves(0);
export const maxUnpool = moves(0);
/** From the two values that it chooses between. */
export const oneHot = moves(2);
/** From the input, and from the value that it pads with. */
export const pad = moves(0, 2);
export const reverseSequence = moves(0);
export const slice = moves(0);
export const spaceToDepth = moves(0);
export const split = moves(0);
/** From the cache, and from what is written into it. */
export const tensorScatter = moves(0, 1);
export const tile = moves(0);
export const transpose = moves(0);
export const trilu = moves(0);

/** The indices are those of the run itself: numbers would be in another order. */
export const topK: GradientRule = (context) => {
  const { node, inputs } = context;
  const indices = evaluateNode(node, inputs)[1]!;
  const [numbers] = numbered(context, [0]);
  const [chosen] = runKernel("GatherElements", [numbers!, indices], { axis: node.attrs["axis"]! }).outputs;
  return pullMoves(context, [0], [chosen!]);
};

/** The rule of an operator whose outputs hold elements of these inputs, or zeros. */
function moves(...from: readonly number[]): GradientRule {
  return (context) => pullMoves(context, from, evaluateNode(context.node, numbered(context, from)));
}

/** The inputs, those that elements come from with numbers in place of the elements: 1, 2, ... throughout. */
export function numbered(
  { inputs }: Pick<GradientContext, "inputs">,
  from: readonly number[],
): (Tensor | null)[] {
  let last = 0;
  return inputs.map((t, i) => {
    if (!t || !from.includes(i)) return t;
    return {
      elem: "float64",
      dims: t.dims,
      data: Float64Array.from({ length: t.data.length }, () => ++last),
    };
  });
}

/**
 * Sends back what came to moved elements, of which `sources` holds the numbers; 0 came from nowhere. One that was
 * picked several times gets the sum; one that was not, nothing.
 */
export function pullMoves(
  { inputs, wanted }: GradientContext,
  from: readonly number[],
  sources: readonly Tensor[],
): Pullback {
  const parts: { readonly input: number; readonly index: Int32Array; readonly output: number }[] = [];
  sources.forEach(({ data }, output) => {
    let first = 0;
    for (const input of from) {
      const size = inputs[input]?.data.length ?? 0;
      if (wanted[input]) {
        const index = Int32Array.from(data as ArrayLike<number>, (number) => {
          const at = number - 1 - first;
          return at >= 0 && at < size ? at : -1;
        });
        parts.push({ input, index, output });
      }
      first += size;
    }
  });
  return (g, room) => {
    const results = inputs.map((t, i) => (wanted[i] && from.includes(i) ? room(t!.data.length) : null));
    for (const { input, index, output } of parts) {
      const [result, own] = [results[input]!, g[output]];
      if (!own) continue;
      for (let i = 0; i < index.length; i++) if (index[i]! >= 0) result[index[i]!]! += own[i]!;
    }
    return results;
  };
}
