// Running sums and products. Integers wrap, as arithmetic does.
import { intAttr, isFloat, normalizeAxis, toNumbers, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import type { Combine } from "./elementwise.js";
import { around } from "./select.js";
import { elementsOf, isBig, outputDims, zeros } from "./tensors.js";

export const cumSum = cumulative(0, () => (x, y) => x + y);
// The low 32 bits of integers, which a product in binary64 would round away.
export const cumProd = cumulative(1, (t) => (isFloat(t.elem) || isBig(t.data) ? (x, y) => x * y : Math.imul));

function cumulative(start: 0 | 1, combine: (t: Tensor) => Combine): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const result = zeros(x.elem, outputDims(inputs, node));
    const axis = normalizeAxis(node, toNumbers(need(inputs, 1, node))[0]!, x.dims.length);
    const exclusive = intAttr(node, "exclusive") !== 0;
    const reverse = intAttr(node, "reverse") !== 0;
    const f = combine(x);
    const { outer, inner } = around(x.dims, axis);
    const size = x.dims[axis]!;
    const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        let running = isBig(x.data) ? (BigInt(start) as unknown as number) : start;
        for (let step = 0; step < size; step++) {
          const at = (o * size + (reverse ? size - 1 - step : step)) * inner + j;
          const next = f(running, source[at]!);
          target[at] = exclusive ? running : next;
          // What is stored has wrapped; the next step goes on from there.
          running = exclusive ? next : target[at]!;
        }
      }
    }
    return [result];
  };
}
