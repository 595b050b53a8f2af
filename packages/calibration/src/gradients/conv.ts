// Convolution backwards, pixel by pixel and tap by tap: no patch is ever copied out. Inside, the channels of a pixel
// stand side by side, so that every step adds rows of the kernel, as in a product of matrices.
import { intAttr, resolveWindow, sizeOf, type SlidingWindow } from "@mpplan/ir";
import { tapOffsets } from "@mpplan/runtime";
import { addRows, LiveRow, transposed } from "./matrix.js";
import { numbersOf, type GradientRule, type Room } from "./rule.js";

export const conv: GradientRule = ({ node, inputs, outputs, wanted }) => {
  const [batch, channels, ...spatial] = inputs[0]!.dims as [number, number, ...number[]];
  const pull = pullConvolution(
    {
      window: resolveWindow(node, spatial, inputs[1]!.dims.slice(2)),
      spatial,
      batch,
      channels,
      features: outputs[0]!.dims[1]!,
      groups: intAttr(node, "group"),
    },
    numbersOf(inputs[0]),
    numbersOf(inputs[1]),
    wanted,
  );
  return ([g], room) => pull(g!, room);
};

/** The sizes of a convolution, and the window at its places. */
export interface Convolution {
  readonly window: SlidingWindow;
  readonly spatial: readonly number[];
  readonly batch: number;
  readonly channels: number;
  readonly features: number;
  readonly groups: number;
}

/**
 * From the cotangent of the features to those of input, weights and bias: every pixel gets, from every window that saw
 * it, the weight under which it was seen times what the window got.
 */
export function pullConvolution(
  { window, spatial, batch, channels, features: allFeatures, groups }: Convolution,
  x: Float64Array,
  w: Float64Array,
  wanted: readonly (boolean | undefined)[],
): (g: Float64Array, room: Room) => (Float64Array | null)[] {
  const [perGroup, features] = [channels / groups, allFeatures / groups];
  const [plane, pixels, taps] = [sizeOf(spatial), sizeOf(window.output), sizeOf(window.kernel)];
  const offsets = Array.from({ length: pixels }, (_, pixel) => tapOffsets(pixel, window, spatial));
  const kernels = wanted[0] ? tapsFirst(w, groups, features, perGroup * taps, taps) : null;

  return (g, room) => {
    const dx = kernels && room(x.length);
    const dw = wanted[1] ? room(w.length) : null;
    const dBias = wanted[2] ? room(groups * features) : null;
    const live = new LiveRow(features);
    // One sample's channels of one group, as [plane, perGroup].
    const own = new Float64Array(plane * perGroup);
    for (let n = 0; n < batch; n++) {
      for (let group = 0; group < groups; group++) {
        const from = (n * groups + group) * perGroup * plane;
        const to = (n * groups + group) * features * pixels;
        own.fill(0);
        for (let pixel = 0; pixel < pixels; pixel++) {
          live.load(g, to + pixel, features, pixels);
          if (live.count === 0) continue;
          const seen = offsets[pixel]!;
          for (let t = 0; kernels && t < taps; t++) {
            const kernel = (group * taps + t) * features * perGroup;
            if (seen[t]! >= 0) addRows(own, seen[t]! * perGroup, live, kernels, kernel, perGroup);
          }
          if (dw)
            addWeights(dw, group * features, live, seen, (c, at) => x[from + c * plane + at]!, perGroup);
          for (let i = 0; dBias && i < live.count; i++) {
            dBias[group * features + live.columns[i]!]! += live.factors[i]!;
          }
        }
        if (dx) dx.set(transposed(own, 0, plane, perGroup), from);
      }
    }
    return [dx, dw, dBias];
  };
}

/** What one pixel's windows add to the cotangents of their weights [feature, channel, tap]. */
function addWeights(
  dw: Float64Array,
  firstFeature: number,
  { columns, factors, count }: LiveRow,
  seen: Int32Array,
  pixel: (channel: number, at: number) => number,
  perGroup: number,
): void {
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < perGroup; c++) {
      const row = ((firstFeature + columns[i]!) * perGroup + c) * seen.length;
      for (let t = 0; t < seen.length; t++) {
        if (seen[t]! >= 0) dw[row + t]! += factors[i]! * pixel(c, seen[t]!);
      }
    }
  }
}

/** Weights [group, feature, channel, tap] as [group, tap, feature, channel]. */
function tapsFirst(
  w: Float64Array,
  groups: number,
  features: number,
  length: number,
  taps: number,
): Float64Array {
  const result = new Float64Array(w.length);
  const size = features * length;
  for (let group = 0; group < groups; group++) {
    result.set(transposed(w, group * size, size / taps, taps), group * size);
  }
  return result;
}
