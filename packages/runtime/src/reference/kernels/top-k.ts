import { intAttr, normalizeAxis, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { compareElements } from "./pick.js";
import { around } from "./select.js";
import { elementsOf, outputDims, zeros } from "./tensors.js";

export const topK: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const values = zeros(x.elem, outputDims(inputs, node));
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const [size, k] = [x.dims[axis]!, values.dims[axis]!];
  const sign = intAttr(node, "largest") !== 0 ? -1 : 1;
  const { outer, inner } = around(x.dims, axis);
  const [source, target] = [elementsOf(x.data), elementsOf(values.data)];
  const places = new BigInt64Array(target.length);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const at = (i: number): number => source[(o * size + i) * inner + j]!;
      const order = Array.from({ length: size }, (_, i) => i);
      order.sort((a, b) => sign * compareElements(at(a), at(b)) || a - b);
      for (let rank = 0; rank < k; rank++) {
        target[(o * k + rank) * inner + j] = at(order[rank]!);
        places[(o * k + rank) * inner + j] = BigInt(order[rank]!);
      }
    }
  }
  const indices: Tensor = { elem: "int64", dims: values.dims, data: places };
  return [values, indices];
};
