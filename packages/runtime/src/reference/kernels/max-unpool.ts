import { shapeError, sizeOf, unpooledSizes } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { positions, stridesOf } from "./positions.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const maxUnpool: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const inner = [...x.dims.slice(0, 2), ...(unpooledSizes(node, x.dims.slice(2)) as number[])];
  // The positions count in a tensor of the window's own sizes, which may be smaller than the output.
  const places = positions(inner, stridesOf(result.dims));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const at = need(inputs, 1, node).data as ArrayLike<number | bigint>;
  for (let i = 0; i < source.length; i++) {
    const place = places[Number(at[i])];
    if (place === undefined) {
      throw shapeError(
        node,
        `MaxUnpool has the position ${at[i]}, but its output has ${sizeOf(inner)} elements`,
        "feed the positions that a MaxPool with the same window yields",
      );
    }
    target[place] = source[i]!;
  }
  return [result];
};
