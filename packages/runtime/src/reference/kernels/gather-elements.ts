import { intAttr, normalizeAxis, sizeOf } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { indicesInto } from "./indices.js";
import { elementPlaces, slicePlaces } from "./places.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const gatherElements: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  const indices = need(inputs, 1, node);
  const result = zeros(data.elem, outputDims(inputs, node));
  const axis = normalizeAxis(node, intAttr(node, "axis"), data.dims.length);
  const from = elementPlaces(data.dims, indices.dims, axis, indicesInto(node, indices, data.dims[axis]!));
  const [source, target] = [elementsOf(data.data), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) target[i] = source[from[i]!]!;
  return [result];
};

export const gatherND: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  const indices = need(inputs, 1, node);
  const result = zeros(data.elem, outputDims(inputs, node));
  const batch = intAttr(node, "batch_dims");
  const last = indices.dims.at(-1)!;
  const from = slicePlaces(node, data.dims, indices, batch);
  const inner = sizeOf(data.dims.slice(batch + last));
  const [source, target] = [elementsOf(data.data), elementsOf(result.data)];
  from.forEach((place, row) => {
    for (let j = 0; j < inner; j++) target[row * inner + j] = source[place + j]!;
  });
  return [result];
};
