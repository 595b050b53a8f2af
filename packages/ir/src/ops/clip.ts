import { hasInput, sharedElement, shapeOf } from "./checks.js";
import { defineOp, shapeError } from "./define.js";

/** min(max(x, low), high). Inputs: x, low, high; either bound may be left out. Where low > high, high wins. */
export const clip = defineOp({
  name: "Clip",
  arity: [1, 3],
  attributes: {},
  infer(context) {
    const elem = sharedElement(context, "numeric");
    for (const [index, name] of [
      [1, "low"],
      [2, "high"],
    ] as const) {
      if (!hasInput(context, index)) continue;
      // ONNX asks for a scalar; one-element lists are common and harmless.
      const shape = shapeOf(context, index, 0, 1);
      if (shape?.length === 1 && typeof shape[0] === "number" && shape[0] !== 1) {
        throw shapeError(
          context.node,
          `the ${name} bound of Clip has ${shape[0]} elements, but must be one number`,
        );
      }
    }
    return [{ elem, shape: shapeOf(context, 0) }];
  },
});
