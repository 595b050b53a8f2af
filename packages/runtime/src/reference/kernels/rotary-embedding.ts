import { intAttr, rotarySizes, shapeError, toNumbers } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { contextOf, copyOf, elementsOf, outputDims } from "./tensors.js";

export const rotaryEmbedding: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const [cosines, sines] = [need(inputs, 1, node), need(inputs, 2, node)];
  const positions = inputs[3] ? toNumbers(inputs[3]) : null;
  outputDims(inputs, node);
  const { heads, size, turned } = rotarySizes(contextOf(inputs, node))!;
  const [batch, length] = [x.dims[0]!, x.dims.at(x.dims.length === 3 ? 1 : 2)!];
  const result = copyOf(x);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const interleaved = intAttr(node, "interleaved") !== 0;
  const angles = cosines.dims.at(-1)!;
  for (let b = 0; b < batch; b++) {
    for (let s = 0; s < length; s++) {
      const place = positions ? positions[b * length + s] : b * length + s;
      if (place === undefined || place < 0 || (place + 1) * angles > cosines.data.length) {
        throw shapeError(node, `RotaryEmbedding has no angle for position ${place} of sequence ${b}`);
      }
      for (let h = 0; h < heads; h++) {
        const first =
          size * (x.dims.length === 3 ? (b * length + s) * heads + h : (b * heads + h) * length + s);
        for (let pair = 0; pair < turned / 2; pair++) {
          const one = first + (interleaved ? 2 * pair : pair);
          const two = interleaved ? one + 1 : one + turned / 2;
          const cos = elementsOf(cosines.data)[place * angles + pair]!;
          const sin = elementsOf(sines.data)[place * angles + pair]!;
          target[one] = cos * source[one]! - sin * source[two]!;
          target[two] = sin * source[one]! + cos * source[two]!;
        }
      }
    }
  }
  return [result];
};
