import { intAttr, intsAttr, resolveWindow, shapeError, sizeOf, type Node } from "@mpplan/ir";
import { need, summing, type Adder } from "../kernel.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";
import { forEachWindow } from "./window-taps.js";

export const lpPool = summing((inputs, node, add) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const spatial = x.dims.slice(2);
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const planes = sizeOf(x.dims.slice(0, 2));
  const [planeSize, places] = [sizeOf(spatial), sizeOf(window.output)];
  const norm = powerNorm(node, intAttr(node, "p"), add);

  const seen = new Float64Array(sizeOf(window.kernel));
  forEachWindow(spatial, window, (place, taps, count) => {
    for (let plane = 0; plane < planes; plane++) {
      for (let t = 0; t < count; t++) seen[t] = source[plane * planeSize + taps[t]!]!;
      target[plane * places + place] = norm(seen, count);
    }
  });
  return [result];
});

/** The p-th root of the sum of |x|^p over the first `count` elements. @throws IrError where p is no positive number */
export function powerNorm(node: Node, p: number, add: Adder): (list: Float64Array, count: number) => number {
  if (p < 1) throw shapeError(node, `${node.op} has a norm of p = ${p}, but p is at least 1`);
  const root = (sum: number): number => (p === 1 ? sum : p === 2 ? Math.sqrt(sum) : sum ** (1 / p));
  return (list, count) => {
    const powers = list.slice(0, count);
    for (let i = 0; i < count; i++) powers[i] = Math.abs(powers[i]!) ** p;
    return root(add(powers, count));
  };
}
