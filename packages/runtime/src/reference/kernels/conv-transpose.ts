import { intAttr, sizeOf, transposedWindow } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";
import { windowPositions } from "./window-positions.js";

export const convTranspose: ReferenceKernel = (inputs, node) => {
  const [x, w] = [need(inputs, 0, node), need(inputs, 1, node)];
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, weights, target] = [elementsOf(x.data), elementsOf(w.data), elementsOf(result.data)];
  const bias = inputs[2] && elementsOf(inputs[2].data);
  const [batch, inChannels] = x.dims as [number, number];
  const outChannels = result.dims[1]!;
  const group = intAttr(node, "group");
  const [inPerGroup, outPerGroup] = [inChannels / group, outChannels / group];
  const image = result.dims.slice(2);
  const window = transposedWindow(node, x.dims.slice(2), w.dims.slice(2));
  const at = windowPositions(image, window);
  const [imageSize, places, taps] = [sizeOf(image), sizeOf(window.output), sizeOf(window.kernel)];

  for (let n = 0; n < batch; n++) {
    for (let m = 0; m < outChannels; m++) {
      const to = (n * outChannels + m) * imageSize;
      const first = Math.floor(m / outPerGroup) * inPerGroup;
      for (let c = first; c < first + inPerGroup; c++) {
        const from = (n * inChannels + c) * places;
        const kernel = (c * outPerGroup + (m % outPerGroup)) * taps;
        for (let place = 0; place < places; place++) {
          for (let tap = 0; tap < taps; tap++) {
            const position = at[place * taps + tap]!;
            if (position >= 0) target[to + position]! += source[from + place]! * weights[kernel + tap]!;
          }
        }
      }
      if (bias) for (let i = 0; i < imageSize; i++) target[to + i]! += bias[m]!;
    }
  }
  return [result];
};
