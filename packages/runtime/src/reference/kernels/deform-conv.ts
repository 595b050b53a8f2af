import { intAttr, resolveWindow, sizeOf } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { combinedTaps, linearTaps } from "./grid.js";
import { stridesOf } from "./positions.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const deformConv: ReferenceKernel = (inputs, node) => {
  const [x, w, offset] = [need(inputs, 0, node), need(inputs, 1, node), need(inputs, 2, node)];
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, weights, target] = [elementsOf(x.data), elementsOf(w.data), elementsOf(result.data)];
  const offsets = elementsOf(offset.data);
  const bias = inputs[3] && elementsOf(inputs[3].data);
  const mask = inputs[4] && elementsOf(inputs[4].data);
  const [batch, inChannels, ...spatial] = x.dims as [number, number, ...number[]];
  const [outChannels, perGroup, ...kernel] = w.dims as [number, number, ...number[]];
  const window = resolveWindow(node, spatial, kernel);
  const axes = spatial.length;
  const [planeSize, places, taps] = [sizeOf(spatial), sizeOf(window.output), sizeOf(kernel)];
  const [placeStrides, tapStrides] = [stridesOf(window.output), stridesOf(kernel)];
  const outPerGroup = outChannels / intAttr(node, "group");
  const offsetGroups = intAttr(node, "offset_group");

  /** Where tap t of place p lies in a sample, for one group of offsets. */
  const point = (n: number, g: number, place: number, tap: number): number[] =>
    spatial.map((_, axis) => {
      const o = Math.floor(place / placeStrides[axis]!) % window.output[axis]!;
      const t = Math.floor(tap / tapStrides[axis]!) % kernel[axis]!;
      const start = o * window.strides[axis]! - window.padsBegin[axis]! + t * window.dilations[axis]!;
      return start + offsets[(((n * offsetGroups + g) * taps + tap) * axes + axis) * places + place]!;
    });

  for (let n = 0; n < batch; n++) {
    for (let place = 0; place < places; place++) {
      // What every channel has under every tap.
      const seen = new Float64Array(inChannels * taps);
      for (let g = 0; g < offsetGroups; g++) {
        for (let tap = 0; tap < taps; tap++) {
          const near = combinedTaps(
            point(n, g, place, tap).map((at, axis) => linearTaps(at, spatial[axis]!)),
            spatial,
          );
          const factor = mask ? mask[((n * offsetGroups + g) * taps + tap) * places + place]! : 1;
          for (let i = 0; i < inChannels / offsetGroups; i++) {
            const c = (g * inChannels) / offsetGroups + i;
            let value = 0;
            for (const { index, weight } of near) {
              value += weight * source[(n * inChannels + c) * planeSize + index]!;
            }
            seen[c * taps + tap] = value * factor;
          }
        }
      }
      for (let m = 0; m < outChannels; m++) {
        const first = Math.floor(m / outPerGroup) * perGroup * taps;
        let sum = bias ? bias[m]! : 0;
        for (let i = 0; i < perGroup * taps; i++) sum += seen[first + i]! * weights[m * perGroup * taps + i]!;
        target[(n * outChannels + m) * places + place] = sum;
      }
    }
  }
  return [result];
};
