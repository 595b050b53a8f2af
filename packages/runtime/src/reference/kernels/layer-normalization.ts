import { floatAttr, intAttr, normalizeAxis, sizeOf, type Tensor } from "@mpplan/ir";
import { need, summing } from "../kernel.js";
import { statisticsOf } from "./normalization.js";
import { broadcastPositions } from "./positions.js";
import { elementsOf, outputTypes, zeros } from "./tensors.js";

export const layerNormalization = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const [scale, bias] = [need(inputs, 1, node), inputs[2] ?? null];
  const types = outputTypes(inputs, node);
  const [y, means, inverses] = types.map(({ elem, shape }) => zeros(elem, shape as number[]));
  const size = sizeOf(x.dims.slice(normalizeAxis(node, intAttr(node, "axis"), x.dims.length)));
  const epsilon = floatAttr(node, "epsilon");
  const [source, target] = [elementsOf(x.data), elementsOf(y!.data)];
  const [factor, shift] = [elementAt(scale, x), bias && elementAt(bias, x)];
  const lines = size === 0 ? 0 : source.length / size;
  for (let line = 0; line < lines; line++) {
    const { mean, variance } = statisticsOf(source.subarray(line * size, (line + 1) * size), add);
    const inverse = 1 / Math.sqrt(variance + epsilon);
    elementsOf(means!.data)[line] = mean;
    elementsOf(inverses!.data)[line] = inverse;
    for (let i = line * size; i < (line + 1) * size; i++) {
      target[i] = (source[i]! - mean) * inverse * factor(i) + (shift ? shift(i) : 0);
    }
  }
  return [y!, means!, inverses!];
});

export const rmsNormalization = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const scale = elementAt(need(inputs, 1, node), x);
  const [type] = outputTypes(inputs, node);
  const y = zeros(type!.elem, type!.shape as number[]);
  const size = sizeOf(x.dims.slice(normalizeAxis(node, intAttr(node, "axis"), x.dims.length)));
  const epsilon = floatAttr(node, "epsilon");
  const [source, target] = [elementsOf(x.data), elementsOf(y.data)];
  const lines = size === 0 ? 0 : source.length / size;
  for (let line = 0; line < lines; line++) {
    const squares = source.subarray(line * size, (line + 1) * size).map((v) => v * v);
    const root = Math.sqrt(add(squares, size) / size + epsilon);
    for (let i = line * size; i < (line + 1) * size; i++) target[i] = (source[i]! / root) * scale(i);
  }
  return [y];
});

/** The element of `t` that is broadcast to place `i` of `x`. */
function elementAt(t: Tensor, x: Tensor): (i: number) => number {
  const data = elementsOf(t.data);
  const places = broadcastPositions(t.dims, x.dims);
  return places ? (i) => data[places[i]!]! : (i) => data[i]!;
}
