import { floatAttr, intAttr, stringAttr, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputTypes, zeros } from "./tensors.js";

export const linearAttention: ReferenceKernel = (inputs, node) => {
  const [q, k, v] = [0, 1, 2].map((i) => need(inputs, i, node)) as [Tensor, Tensor, Tensor];
  const [y, after] = outputTypes(inputs, node).map(({ elem, shape }) => zeros(elem, shape as number[])) as [
    Tensor,
    Tensor,
  ];
  const [heads, kvHeads] = [intAttr(node, "q_num_heads"), intAttr(node, "kv_num_heads")];
  const [batch, , size, valueSize] = after.dims as [number, number, number, number];
  const steps = q.dims[1]!;
  const scale = floatAttr(node, "scale") || 1 / Math.sqrt(size);
  const delta = stringAttr(node, "update_rule").endsWith("delta");
  // A line of a step, or of one of its heads, of an input of rank 3.
  const line = (t: Tensor, b: number, step: number, part: number, parts: number): Float64Array => {
    const width = t.dims[2]! / parts;
    const from = ((b * steps + step) * parts + part) * width;
    return elementsOf(t.data).subarray(from, from + width);
  };
  if (inputs[3]) elementsOf(after.data).set(elementsOf(inputs[3].data));
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < kvHeads; head++) {
      const from = (b * kvHeads + head) * size * valueSize;
      const state = elementsOf(after.data).subarray(from, from + size * valueSize);
      const product = (row: Float64Array, m: number): number =>
        row.reduce((sum, x, d) => sum + x * state[d * valueSize + m]!, 0);
      for (let step = 0; step < steps; step++) {
        if (inputs[4]) {
          // One decay per head, or one per element of its key.
          const decay = line(inputs[4], b, step, head, kvHeads);
          for (let i = 0; i < state.length; i++) {
            state[i]! *= Math.exp(decay[decay.length === 1 ? 0 : Math.floor(i / valueSize)]!);
          }
        }
        const key = line(k, b, step, head, kvHeads);
        let value = line(v, b, step, head, kvHeads);
        if (delta) {
          const all = line(inputs[5]!, b, step, 0, 1);
          const beta = all[all.length === 1 ? 0 : head]!;
          value = value.map((x, m) => beta * (x - product(key, m)));
        }
        for (let i = 0; i < state.length; i++) {
          state[i]! += key[Math.floor(i / valueSize)]! * value[i % valueSize]!;
        }
        for (let h = 0; h < heads / kvHeads; h++) {
          const reader = head * (heads / kvHeads) + h;
          const query = line(q, b, step, reader, heads);
          const target = line(y, b, step, reader, heads);
          for (let m = 0; m < valueSize; m++) target[m] = scale * product(query, m);
        }
      }
    }
  }
  return [y, after];
};
