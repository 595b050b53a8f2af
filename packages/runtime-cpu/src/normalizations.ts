// Softmax and BatchNormalization of binary32 data: the reference's formulas in binary64, rounded once.
import { exp } from "@mpplan/formats";
import { floatAttr, intAttr, normalizeAxis, sizeOf } from "@mpplan/ir";
import { floats, type FastRun, type Sum } from "./floats.js";

export const softmax: FastRun = softmaxBy(null);

/** Every denominator by `sum`, of powers rounded to binary32, or in binary64. */
export function softmaxBy(sumUp: Sum | null): FastRun {
  return (inputs, node) => {
    const t = inputs[0]!;
    const x = floats(t);
    if (!x) return null;
    const out = new Float32Array(x.length);
    const axis = normalizeAxis(node, intAttr(node, "axis"), t.dims.length);
    const size = t.dims[axis]!;
    const inner = sizeOf(t.dims.slice(axis + 1));
    const outer = sizeOf(t.dims.slice(0, axis));
    const powers = new Float64Array(size);
    const rounded = new Float64Array(sumUp ? size : 0);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        const first = o * size * inner + j;
        let max = -Infinity;
        for (let i = 0; i < size; i++) max = Math.max(max, x[first + i * inner]!);
        let sum = 0;
        for (let i = 0; i < size; i++) sum += powers[i] = exp(x[first + i * inner]! - max);
        if (sumUp) {
          for (let i = 0; i < size; i++) rounded[i] = Math.fround(powers[i]!);
          sum = sumUp(rounded, size);
        }
        for (let i = 0; i < size; i++) out[first + i * inner] = powers[i]! / sum;
      }
    }
    return [{ ...t, data: out }];
  };
}

export const batchNormalization: FastRun = (inputs, node) => {
  const t = inputs[0]!;
  const [x, scale, bias, mean, variance] = inputs.slice(0, 5).map((input) => floats(input!));
  if (!x || !scale || !bias || !mean || !variance) return null;
  const epsilon = floatAttr(node, "epsilon");
  const out = new Float32Array(x.length);
  const channels = t.dims.length > 1 ? t.dims[1]! : 1;
  const inner = t.dims.length > 1 ? sizeOf(t.dims.slice(2)) : 1;
  for (let at = 0, plane = 0; at < out.length; plane++) {
    const c = plane % channels;
    const [a, b, m] = [scale[c]!, bias[c]!, mean[c]!];
    const deviation = Math.sqrt(variance[c]! + epsilon);
    for (const end = at + inner; at < end; at++) out[at] = (a * (x[at]! - m)) / deviation + b;
  }
  return [{ ...t, data: out }];
};
