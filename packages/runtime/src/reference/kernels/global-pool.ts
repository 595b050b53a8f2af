// Pools over all spatial axes of every channel.
import { intAttr, shapeError, type Node } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { powerNorm } from "./lp-pool.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const globalAveragePool = overPlanes(() => (plane) => {
  let sum = 0;
  for (const x of plane) sum += x;
  return sum / plane.length;
});

export const globalLpPool = overPlanes((node) => {
  const norm = powerNorm(node, intAttr(node, "p"));
  return (plane) => norm(plane, plane.length);
});

export const globalMaxPool = overPlanes((node) => (plane) => {
  if (plane.length === 0) throw shapeError(node, `${node.op} has no element to take the maximum of`);
  let largest = -Infinity;
  // Math.max lets NaN win.
  for (const x of plane) largest = Math.max(largest, x);
  return largest;
});

function overPlanes(make: (node: Node) => (plane: Float64Array) => number): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const result = zeros(x.elem, outputDims(inputs, node));
    const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
    const planeSize = target.length === 0 ? 0 : source.length / target.length;
    const f = make(node);
    for (let plane = 0; plane < target.length; plane++) {
      target[plane] = f(source.subarray(plane * planeSize, (plane + 1) * planeSize));
    }
    return [result];
  };
}
