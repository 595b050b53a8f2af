import { hasInput, requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, shapeError } from "./define.js";
import { mergeDims } from "./dims.js";

/**
 * Per sample and class the boxes of the highest scores, leaving out those that overlap one already chosen by more
 * than a threshold (intersection over union). Inputs: boxes [N, B, 4], scores [N, classes, B], the most boxes per
 * class (0 if left out), the overlap allowed (0), and the score to exceed. Output: sample, class and box of each
 * [?, 3]. Boxes are two corners y, x, or with `center_point_box` centre x, y, width, height.
 */
export const nonMaxSuppression = defineOp({
  name: "NonMaxSuppression",
  arity: [2, 5],
  attributes: { center_point_box: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    for (const index of [0, 1]) requireElement(node, inputType(context, index).elem, "float");
    if (hasInput(context, 2)) requireElement(node, inputType(context, 2).elem, "index", "number of boxes");
    for (const index of [3, 4]) {
      if (hasInput(context, index))
        requireElement(node, inputType(context, index).elem, "float", "threshold");
    }
    for (const index of [2, 3, 4]) {
      const dims = hasInput(context, index) ? shapeOf(context, index, 0, 1) : null;
      if (dims && typeof dims[0] === "number" && dims[0] !== 1) {
        throw shapeError(
          node,
          `input number ${index + 1} of NonMaxSuppression has ${dims[0]} elements, not 1`,
        );
      }
    }
    const boxes = shapeOf(context, 0, 3, 3) ?? [null, null, null];
    const scores = shapeOf(context, 1, 3, 3) ?? [null, null, null];
    mergeDims(node, boxes[2]!, 4, "a box of NonMaxSuppression has four numbers");
    mergeDims(node, boxes[0]!, scores[0]!, "NonMaxSuppression needs scores of every sample");
    mergeDims(node, boxes[1]!, scores[2]!, "NonMaxSuppression needs a score per box");
    return [{ elem: "int64", shape: [null, 3] }];
  },
});
