// A transposed convolution is a convolution read backwards, so its rule is the convolution itself.
import { intAttr, sizeOf, transposedWindow } from "@mpplan/ir";
import { tapOffsets } from "@mpplan/runtime";
import { pullConvolution, type Convolution } from "./conv.js";
import { addRows, LiveRow, transposed } from "./matrix.js";
import { numbersOf, type GradientRule, type Room } from "./rule.js";

/** The input gets the convolution of g; the weights get what they would in it, with g and x in each other's place. */
export const convTranspose: GradientRule = ({ node, inputs, outputs, wanted }) => {
  const [x, w] = [numbersOf(inputs[0]), numbersOf(inputs[1])];
  const [batch, features, ...places] = inputs[0]!.dims as [number, number, ...number[]];
  const [channels, ...spatial] = outputs[0]!.dims.slice(1) as [number, ...number[]];
  const window = transposedWindow(node, places, inputs[1]!.dims.slice(2));
  const sizes = { window, spatial, batch, channels, features, groups: intAttr(node, "group") };
  const toInput = wanted[0] ? convolution(sizes, w) : null;
  const plane = sizeOf(spatial);
  return ([g], room) => {
    const dBias = wanted[2] ? room(channels) : null;
    for (let i = 0; dBias && i < g!.length; i++) dBias[Math.floor(i / plane) % channels]! += g![i]!;
    return [
      toInput && toInput(g!, room),
      wanted[1] ? pullConvolution(sizes, g!, w, [false, true])(x, room)[1]! : null,
      dBias,
    ].slice(0, inputs.length);
  };
};

/** Convolves an image without bias. Inside, the features of a pixel stand side by side, as on the way back. */
function convolution(sizes: Convolution, w: Float64Array): (image: Float64Array, room: Room) => Float64Array {
  const { window, spatial, batch, groups } = sizes;
  const [perGroup, features] = [sizes.channels / groups, sizes.features / groups];
  const [plane, pixels, taps] = [sizeOf(spatial), sizeOf(window.output), sizeOf(window.kernel)];
  const length = perGroup * taps;
  const offsets = Array.from({ length: pixels }, (_, pixel) => tapOffsets(pixel, window, spatial));
  // Per group [channel and tap, feature].
  const kernels = Array.from({ length: groups }, (_, group) =>
    transposed(w, group * features * length, features, length),
  );
  return (image, room) => {
    const result = room(batch * groups * features * pixels);
    const [patch, own, live] = [
      new Float64Array(length),
      new Float64Array(pixels * features),
      new LiveRow(length),
    ];
    for (let n = 0; n < batch; n++) {
      for (let group = 0; group < groups; group++) {
        const from = (n * groups + group) * perGroup * plane;
        own.fill(0);
        for (let pixel = 0; pixel < pixels; pixel++) {
          const seen = offsets[pixel]!;
          for (let k = 0; k < length; k++) {
            const at = seen[k % taps]!;
            patch[k] = at < 0 ? 0 : image[from + Math.floor(k / taps) * plane + at]!;
          }
          addRows(own, pixel * features, live.load(patch, 0, length), kernels[group]!, 0, features);
        }
        result.set(transposed(own, 0, pixels, features), (n * groups + group) * features * pixels);
      }
    }
    return result;
  };
}
