import { blockWindow, sizeOf } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { contextOf, elementsOf, outputDims, zeros } from "./tensors.js";
import { windowPositions } from "./window-positions.js";

export const col2Im: ReferenceKernel = (inputs, node) => {
  const blocks = need(inputs, 0, node);
  const result = zeros(blocks.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(blocks.data), elementsOf(result.data)];
  const image = result.dims.slice(2);
  const window = blockWindow(contextOf(inputs, node))!;
  const at = windowPositions(image, window);
  const planes = sizeOf(result.dims.slice(0, 2));
  const [planeSize, places, taps] = [sizeOf(image), sizeOf(window.output), sizeOf(window.kernel)];

  for (let plane = 0; plane < planes; plane++) {
    for (let place = 0; place < places; place++) {
      for (let tap = 0; tap < taps; tap++) {
        const position = at[place * taps + tap]!;
        if (position < 0) continue;
        target[plane * planeSize + position]! += source[(plane * taps + tap) * places + place]!;
      }
    }
  }
  return [result];
};
