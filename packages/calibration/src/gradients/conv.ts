// Convolution backwards, tap by tap: no patch is ever copied out.
import { intAttr, resolveWindow, sizeOf, type SlidingWindow } from "@mpplan/ir";
import { stridesOf } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/** Every pixel gets, from every window that saw it, the weight under which it was seen times what the window got. */
export const conv: GradientRule = ({ node, inputs, outputs, wanted }) => {
  const [x, w] = [numbersOf(inputs[0]), numbersOf(inputs[1])];
  const [batch, channels, ...spatial] = inputs[0]!.dims as [number, number, ...number[]];
  const window = resolveWindow(node, spatial, inputs[1]!.dims.slice(2));
  const group = intAttr(node, "group");
  const [perGroup, features] = [channels / group, outputs[0]!.dims[1]!];
  const featuresPerGroup = features / group;
  const [plane, pixels] = [sizeOf(spatial), sizeOf(window.output)];
  const taps = tapsOf(window, spatial);
  const step = window.strides.at(-1)!;

  return ([g], room) => {
    const dx = wanted[0] ? room(x.length) : null;
    const dw = wanted[1] ? room(w.length) : null;
    const dBias = wanted[2] ? room(features) : null;
    for (let n = 0; n < batch; n++) {
      for (let m = 0; m < features; m++) {
        const to = (n * features + m) * pixels;
        if (isZero(g!, to, pixels)) continue;
        if (dBias) for (let p = 0; p < pixels; p++) dBias[m]! += g![to + p]!;
        const first = n * channels + Math.floor(m / featuresPerGroup) * perGroup;
        for (let c = 0; c < perGroup; c++) {
          const from = (first + c) * plane;
          const weight = (m * perGroup + c) * taps.length;
          for (let t = 0; t < taps.length; t++) {
            if (dx) addTap(dx, from, g!, to, w[weight + t]!, taps[t]!, step);
            if (dw) dw[weight + t]! += dotTap(x, from, g!, to, taps[t]!, step);
          }
        }
      }
    }
    return [dx, dw, dBias];
  };
};

/** What one tap of the kernel sees: lines along the last axis, pixel by pixel side by side with the output's. */
interface Tap {
  /** Per line, where it starts in the output plane, and the input that its first place of the window reads. */
  readonly lines: Int32Array;
  /** Places along a line at which the tap lies inside the input. */
  readonly start: number;
  readonly end: number;
}

function addTap(
  dx: Float64Array,
  from: number,
  g: Float64Array,
  to: number,
  weight: number,
  { lines, start, end }: Tap,
  step: number,
): void {
  for (let l = 0; l < lines.length; l += 2) {
    const [out, into] = [to + lines[l]!, from + lines[l + 1]!];
    for (let i = start; i < end; i++) dx[into + i * step]! += weight * g[out + i]!;
  }
}

function dotTap(
  x: Float64Array,
  from: number,
  g: Float64Array,
  to: number,
  { lines, start, end }: Tap,
  step: number,
): number {
  let sum = 0;
  for (let l = 0; l < lines.length; l += 2) {
    const [out, into] = [to + lines[l]!, from + lines[l + 1]!];
    for (let i = start; i < end; i++) sum += x[into + i * step]! * g[out + i]!;
  }
  return sum;
}

function tapsOf(w: SlidingWindow, spatial: readonly number[]): Tap[] {
  const last = spatial.length - 1;
  const [inStrides, outStrides] = [stridesOf(spatial), stridesOf(w.output)];
  const lineDims = w.output.slice(0, last);
  return Array.from({ length: sizeOf(w.kernel) }, (_, t) => {
    const tap = indexOf(t, w.kernel);
    // Where along an axis the tap of place o lies: o x stride + shift.
    const shifts = tap.map((k, axis) => k * w.dilations[axis]! - w.padsBegin[axis]!);
    const lines: number[] = [];
    for (let l = 0; l < sizeOf(lineDims); l++) {
      const place = indexOf(l, lineDims);
      const at = place.map((o, axis) => o * w.strides[axis]! + shifts[axis]!);
      if (at.some((i, axis) => i < 0 || i >= spatial[axis]!)) continue;
      const out = place.reduce((sum, o, axis) => sum + o * outStrides[axis]!, 0);
      lines.push(out, at.reduce((sum, i, axis) => sum + i * inStrides[axis]!, 0) + shifts[last]!);
    }
    const [stride, shift] = [w.strides[last]!, shifts[last]!];
    const start = Math.max(0, Math.ceil(-shift / stride));
    const end = Math.min(w.output[last]!, Math.ceil((spatial[last]! - shift) / stride));
    return { lines: Int32Array.from(lines), start, end };
  });
}

/** The index along every axis of a place in row-major order. */
function indexOf(place: number, dims: readonly number[]): number[] {
  const index = new Array<number>(dims.length).fill(0);
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    index[axis] = place % dims[axis]!;
    place = Math.floor(place / dims[axis]!);
  }
  return index;
}

function isZero(data: Float64Array, from: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (data[from + i] !== 0) return false;
  return true;
}
