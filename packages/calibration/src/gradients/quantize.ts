// Between real numbers and the few bits that they are stored in. Straight-through: the rounding counts as none, and
// what saturates passes nothing.
import type { ElementType, Node, Tensor } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { numbersOf, type GradientContext, type GradientRule, type Pullback } from "./rule.js";
import { runKernel } from "./run-kernel.js";

/** Of x / s + z: 1 / s to x, -x / s^2 to its scale, 1 to a zero point that is a float. */
export const quantizeLinear: GradientRule = (context) => {
  const { inputs, outputs } = context;
  const [x, zero] = [inputs[0]!.data, inputs[2]?.data];
  const scales = Float64Array.from(inputs[1]!.data as ArrayLike<number>, Number);
  const at = scalePlaces(context.node, inputs[0]!, inputs[1]!);
  const [low, high] = boundsOf(outputs[0]!.elem);
  const inside = Uint8Array.from(at, (place, i) => {
    const value = Number(x[i]) / scales[place]! + Number(zero?.[place] ?? 0);
    return value >= low && value <= high ? 1 : 0;
  });
  return spread(context, at, (i, k) => {
    const scale = scales[at[i]!]!;
    return !inside[i] ? 0 : k === 0 ? 1 / scale : k === 1 ? -Number(x[i]) / scale ** 2 : 1;
  });
};

/** Of (q - z) s: s to q, q - z to its scale, -s to its zero point. */
export const dequantizeLinear: GradientRule = (context) => {
  const { inputs } = context;
  const [q, zero] = [inputs[0]!.data, inputs[2]?.data];
  const scales = numbersOf(inputs[1]);
  const at = scalePlaces(context.node, inputs[0]!, inputs[1]!);
  return spread(context, at, (i, k) => {
    const scale = scales[at[i]!]!;
    return k === 0 ? scale : k === 1 ? Number(q[i]) - Number(zero?.[at[i]!] ?? 0) : -scale;
  });
};

/**
 * 1 / s to x. Scale and zero point pass nothing on: once the result is dequantised, what the extremes would get by
 * them cancels. Nothing saturates, as they follow the data.
 */
export const dynamicQuantizeLinear: GradientRule = ({ node, inputs, outputs }) => {
  const scale = Number((outputs[1] ?? evaluateNode(node, inputs)[1]!).data[0]);
  return ([g], room) => {
    const result = room(g!.length);
    for (let i = 0; i < result.length; i++) result[i] = g![i]! / scale;
    return [result];
  };
};

/** `slope` of place i by input k, of which input 0 has an element there, and the others have theirs at at[i]. */
function spread(
  { inputs, wanted }: GradientContext,
  at: Int32Array,
  slope: (i: number, k: number) => number,
): Pullback {
  const slopes = inputs.map((_, k) => (wanted[k] ? Float64Array.from(at, (_, i) => slope(i, k)) : null));
  return ([g], room) =>
    slopes.map((own, k) => {
      const result = own && room(inputs[k]!.data.length);
      if (result) for (let i = 0; i < at.length; i++) result[k === 0 ? i : at[i]!]! += g![i]! * own[i]!;
      return result;
    });
}

/** For every element, where its scale is: the kernel dequantises ones with the scales' numbers. */
function scalePlaces({ attrs }: Node, x: Tensor, scale: Tensor): Int32Array {
  const ones: Tensor = { elem: "int8", dims: x.dims, data: new Int8Array(x.data.length).fill(1) };
  const numbers: Tensor = {
    elem: "float64",
    dims: scale.dims,
    data: Float64Array.from({ length: scale.data.length }, (_, i) => i),
  };
  const { axis, block_size: block } = attrs;
  const [places] = runKernel("DequantizeLinear", [ones, numbers], {
    axis: axis!,
    block_size: block!,
  }).outputs;
  return Int32Array.from(numbersOf(places));
}

/** The least and the largest number of a type: what far too large ones saturate at. */
function boundsOf(elem: ElementType): [number, number] {
  const far: Tensor = { elem: "float64", dims: [2], data: Float64Array.of(-1e300, 1e300) };
  const one: Tensor = { elem: "float64", dims: [], data: Float64Array.of(1) };
  const [low, high] = runKernel("QuantizeLinear", [far, one], { output_dtype: elem }).outputs[0]!.data;
  return [Number(low), Number(high)];
}
