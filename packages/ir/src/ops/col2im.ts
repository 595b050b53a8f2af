import { toNumbers, type Dim } from "../types.js";
import { requireElement, shapeOf } from "./checks.js";
import { defineOp, inputConstant, inputType, shapeError, type InferContext } from "./define.js";
import { shapeFrom } from "./generate.js";
import { checkedType } from "./limits.js";
import { resolveWindow, windowAttributes, type SlidingWindow } from "./window.js";

const { dilations, pads, strides } = windowAttributes;

/**
 * Puts the blocks of an image together again, adding where they overlap. Inputs: blocks [N, C x taps, places], the
 * image's sizes, and a block's.
 */
export const col2Im = defineOp({
  name: "Col2Im",
  arity: [3, 3],
  attributes: { dilations, pads, strides },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "numeric");
    const shape = shapeOf(context, 0, 3, 3);
    const image = shapeFrom(context, 1, "image shape");
    const block = shapeFrom(context, 2, "block shape");
    if (!image) return [{ elem, shape: null }];
    const [batch, columns, places] = shape ?? [null, null, null];
    let channels: Dim = null;
    if (block && block.length !== image.length) {
      throw shapeError(node, `Col2Im has an image of ${image.length} axes, but blocks of ${block.length}`);
    }
    if (block?.every((dim) => typeof dim === "number") && typeof columns === "number") {
      const taps = block.reduce((product, dim) => product * dim, 1);
      if (taps === 0 || columns % taps !== 0) {
        throw shapeError(
          node,
          `the ${columns} rows of Col2Im's input do not divide into blocks of [${block.join(", ")}]`,
        );
      }
      channels = columns / taps;
      const window = blockWindow(context);
      const count = window?.output.reduce((product, dim) => product * dim, 1);
      if (count !== undefined && typeof places === "number" && count !== places) {
        throw shapeError(node, `Col2Im has ${places} blocks, but its image has room for ${count}`);
      }
    }
    return [checkedType(node, elem, [batch!, channels, ...image])];
  },
});

/** The window over the image, its taps the elements of a block; null where the sizes are not constant. */
export function blockWindow(context: InferContext): SlidingWindow | null {
  const [image, block] = [inputConstant(context, 1), inputConstant(context, 2)];
  return image && block ? resolveWindow(context.node, toNumbers(image), toNumbers(block)) : null;
}
