// Pools over all spatial axes of every channel.
import { intAttr, shapeError, type Node, type Tensor } from "@mpplan/ir";
import { need, summing, type ReferenceKernel } from "../kernel.js";
import { powerNorm } from "./lp-pool.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const globalAveragePool = summing((inputs, node, add) =>
  overPlanes(inputs, node, (plane) => add(plane, plane.length) / plane.length),
);

export const globalLpPool = summing((inputs, node, add) => {
  const norm = powerNorm(node, intAttr(node, "p"), add);
  return overPlanes(inputs, node, (plane) => norm(plane, plane.length));
});

export const globalMaxPool: ReferenceKernel = (inputs, node) =>
  overPlanes(inputs, node, (plane) => {
    if (plane.length === 0) throw shapeError(node, `${node.op} has no element to take the maximum of`);
    let largest = -Infinity;
    // Math.max lets NaN win.
    for (const x of plane) largest = Math.max(largest, x);
    return largest;
  });

function overPlanes(
  inputs: readonly (Tensor | null)[],
  node: Node,
  f: (plane: Float64Array) => number,
): Tensor[] {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const planeSize = target.length === 0 ? 0 : source.length / target.length;
  for (let plane = 0; plane < target.length; plane++) {
    target[plane] = f(source.subarray(plane * planeSize, (plane + 1) * planeSize));
  }
  return [result];
}
