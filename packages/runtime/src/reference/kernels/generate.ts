// Kernels of operators whose output's shape is an input: Expand, ConstantOfShape, Range, Tile; and Size.
import { sizeOf, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { broadcastPositions, positions, stridesOf } from "./positions.js";
import { elementsOf, isBig, outputDims, outputTypes, zeros } from "./tensors.js";

export const constantOfShape: ReferenceKernel = (inputs, node) => {
  const [type] = outputTypes(inputs, node);
  const result = zeros(type!.elem, type!.shape as number[]);
  const value = (node.attrs["value"] as Tensor | undefined)?.data[0];
  const data = elementsOf(result.data);
  if (value !== undefined) for (let i = 0; i < data.length; i++) data[i] = value as number;
  return [result];
};

export const expand: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const dims = outputDims(inputs, node);
  return [gathered(x, dims, broadcastPositions(x.dims, dims))];
};

export const range: ReferenceKernel = (inputs, node) => {
  const [start, delta] = [need(inputs, 0, node), need(inputs, 2, node)];
  const result = zeros(start.elem, outputDims(inputs, node));
  const [first, step, data] = [
    elementsOf(start.data)[0]!,
    elementsOf(delta.data)[0]!,
    elementsOf(result.data),
  ];
  const big = isBig(start.data);
  // Floats: one product and one sum each, not a sum of sums.
  for (let i = 0; i < data.length; i++) data[i] = first + (big ? (BigInt(i) as unknown as number) : i) * step;
  return [result];
};

export const size: ReferenceKernel = (inputs, node) => [
  { elem: "int64", dims: [], data: BigInt64Array.of(BigInt(sizeOf(need(inputs, 0, node).dims))) },
];

export const tile: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const dims = outputDims(inputs, node);
  // Every axis counts through its repeats and then its elements: twice as many axes, the repeats of stride 0.
  const strides = stridesOf(x.dims);
  const split = x.dims.flatMap((d, axis) => [d === 0 ? 0 : dims[axis]! / d, d]);
  return [
    gathered(
      x,
      dims,
      positions(
        split,
        split.map((_, i) => (i % 2 === 0 ? 0 : strides[(i - 1) / 2]!)),
      ),
    ),
  ];
};

/** The elements of a tensor at those places, or all of them in order. */
function gathered(x: Tensor, dims: readonly number[], places: Int32Array | null): Tensor {
  const result = zeros(x.elem, dims);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) target[i] = source[places ? places[i]! : i]!;
  return result;
}
