import { intAttr, normalizeAxis } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const oneHot: ReferenceKernel = (inputs, node) => {
  const indices = need(inputs, 0, node);
  const [off, on] = elementsOf(need(inputs, 2, node).data) as Iterable<number> as [number, number];
  const result = zeros(need(inputs, 2, node).elem, outputDims(inputs, node));
  const axis = normalizeAxis(node, intAttr(node, "axis"), result.dims.length);
  const depth = result.dims[axis]!;
  const { outer, inner } = around(result.dims, axis);
  const target = elementsOf(result.data);
  target.fill(off);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      // Indices may be floats; large ones round, but not into the range.
      const given = Number(indices.data[o * inner + j]);
      const index = given < 0 ? given + depth : given;
      if (Number.isInteger(index) && index >= 0 && index < depth)
        target[(o * depth + index) * inner + j] = on;
    }
  }
  return [result];
};
