import { reducedAxes, sizeOf } from "@mpplan/ir";
import { contextOf, positions, stretchedStrides } from "@mpplan/runtime";
import type { GradientRule } from "./rule.js";

/** Every element that was averaged gets an equal share. */
export const reduceMean: GradientRule = ({ node, inputs }) => {
  const { dims } = inputs[0]!;
  const axes = reducedAxes(contextOf(inputs, node), dims.length)!;
  const kept = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const places = positions(dims, stretchedStrides(kept, dims));
  const count = sizeOf(axes.map((axis) => dims[axis]!));
  return ([g], room) => {
    const result = room(places.length);
    for (let i = 0; i < places.length; i++) result[i] = g![places[i]!]! / count;
    return [result, null];
  };
};
