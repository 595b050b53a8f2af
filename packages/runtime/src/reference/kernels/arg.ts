import { intAttr, normalizeAxis } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { around } from "./select.js";
import { elementsOf, outputDims } from "./tensors.js";

export const argMax = argKernel((x, best) => x > best);
export const argMin = argKernel((x, best) => x < best);

function argKernel(better: (x: number, best: number) => boolean): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
    const last = intAttr(node, "select_last_index") !== 0;
    const { outer, inner } = around(x.dims, axis);
    const count = x.dims[axis]!;
    const source = elementsOf(x.data);
    const data = new BigInt64Array(outer * inner);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        const at = (i: number): number => source[(o * count + i) * inner + j]!;
        let best = 0;
        for (let i = 1; i < count; i++) if (better(at(i), at(best)) || (last && at(i) === at(best))) best = i;
        data[o * inner + j] = BigInt(best);
      }
    }
    return [{ elem: "int64", dims: outputDims(inputs, node), data }];
  };
}
