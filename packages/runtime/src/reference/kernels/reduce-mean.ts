import { reducedAxes, sizeOf } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stretchedStrides } from "./positions.js";
import { contextOf, elementsOf, outputDims, zeros } from "./tensors.js";

export const reduceMean: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const axes = reducedAxes(contextOf(inputs, node), x.dims.length)!;
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  // Broadcasting read backwards: every element adds to the place that would be stretched over it.
  const kept = x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const places = positions(x.dims, stretchedStrides(kept, x.dims));
  for (let i = 0; i < source.length; i++) target[places[i]!]! += source[i]!;
  const count = sizeOf(axes.map((axis) => x.dims[axis]!));
  for (let i = 0; i < target.length; i++) target[i]! /= count;
  return [result];
};
