import {
  intAttr,
  isFloat,
  normalizeAxis,
  shapeError,
  sizeOf,
  stringAttr,
  toNumbers,
  type Node,
  type ScatterReduction,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import type { Combine } from "./elementwise.js";
import { indicesInto } from "./indices.js";
import { elementPlaces, slicePlaces } from "./places.js";
import { around } from "./select.js";
import { copyOf, elementsOf, isBig, outputDims } from "./tensors.js";

export const scatterElements: ReferenceKernel = (inputs, node) => {
  const [data, indices, updates] = threeOf(inputs, node);
  const axis = normalizeAxis(node, intAttr(node, "axis"), data.dims.length);
  const to = elementPlaces(data.dims, indices.dims, axis, indicesInto(node, indices, data.dims[axis]!));
  return [scattered(data, updates, (i) => to[i]!, combineFor(node, data))];
};

export const scatterND: ReferenceKernel = (inputs, node) => {
  const [data, indices, updates] = threeOf(inputs, node);
  const to = slicePlaces(node, data.dims, indices, 0);
  const inner = sizeOf(data.dims.slice(indices.dims.at(-1)!));
  return [scattered(data, updates, (i) => to[Math.floor(i / inner)]! + (i % inner), combineFor(node, data))];
};

export const tensorScatter: ReferenceKernel = (inputs, node) => {
  outputDims(inputs, node);
  const [cache, update] = [need(inputs, 0, node), need(inputs, 1, node)];
  const axis = normalizeAxis(node, intAttr(node, "axis"), cache.dims.length);
  const starts = inputs[2] ? toNumbers(inputs[2]) : new Array<number>(cache.dims[0]!).fill(0);
  const { outer, inner } = around(cache.dims, axis);
  const [size, count] = [cache.dims[axis]!, update.dims[axis]!];
  const circular = stringAttr(node, "mode") === "circular";
  const place = (i: number): number => {
    const [row, step] = [Math.floor(i / inner / count), Math.floor(i / inner) % count];
    const start = starts[Math.floor(row / (outer / cache.dims[0]!))]!;
    const at = circular ? (start + step) % size : start + step;
    if (start < 0 || at >= size) {
      throw shapeError(
        node,
        `TensorScatter writes ${count} elements from ${start} on into an axis of ${size}`,
        "check the write indices, or use a larger cache",
      );
    }
    return (row * size + at) * inner + (i % inner);
  };
  return [scattered(cache, update, place, (_, y) => y)];
};

function threeOf(inputs: readonly (Tensor | null)[], node: Node): [Tensor, Tensor, Tensor] {
  outputDims(inputs, node);
  return [need(inputs, 0, node), need(inputs, 1, node), need(inputs, 2, node)];
}

/** A copy of the data with every update combined with what lies at its place, one after another. */
function scattered(data: Tensor, updates: Tensor, place: (i: number) => number, f: Combine): Tensor {
  const result = copyOf(data);
  const [source, target] = [elementsOf(updates.data), elementsOf(result.data)];
  for (let i = 0; i < source.length; i++) {
    const at = place(i);
    target[at] = f(target[at]!, source[i]!);
  }
  return result;
}

function combineFor(node: Node, data: Tensor): Combine {
  const reduction = stringAttr(node, "reduction") as ScatterReduction;
  switch (reduction) {
    case "none":
      return (_, y) => y;
    case "add":
      return (x, y) => x + y;
    case "mul":
      // The low 32 bits of integers, which a product in binary64 would round away.
      return isFloat(data.elem) || isBig(data.data) ? (x, y) => x * y : Math.imul;
    case "min":
      return (x, y) => (x < y || Number.isNaN(x) ? x : y);
    case "max":
      return (x, y) => (x > y || Number.isNaN(x) ? x : y);
    default:
      return reduction satisfies never;
  }
}
