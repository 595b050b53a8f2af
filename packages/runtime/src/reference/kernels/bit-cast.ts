import {
  allocate,
  bitsOf,
  decodeNarrow,
  elementAttr,
  encodeNarrow,
  isNarrow,
  type ElementType,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { outputDims, zeros, elementsOf } from "./tensors.js";

export const bitCast: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  outputDims(inputs, node);
  const result = zeros(elementAttr(node, "to"), x.dims);
  const target = elementsOf(result.data);
  const [encode, decode] = [codeOf(x.elem), valueOf(result.elem)];
  for (let i = 0; i < target.length; i++)
    target[i] = decode(encode((x as Tensor).data[i] as number)) as number;
  return [result];
};

/** The bits of a number of that type, as an unsigned integer. */
function codeOf(elem: ElementType): (x: number | bigint) => bigint {
  if (isNarrow(elem)) return (x) => BigInt(encodeNarrow(elem, Number(x)));
  const bits = bitsOf(elem);
  if (elem === "float32" || elem === "float64") {
    const number = elem === "float32" ? new Float32Array(1) : new Float64Array(1);
    return (x) => {
      number[0] = Number(x);
      return bitsIn(number, bits);
    };
  }
  return (x) => BigInt.asUintN(bits, BigInt(x));
}

/** The number of that type with those bits. */
function valueOf(elem: ElementType): (code: bigint) => number | bigint {
  if (isNarrow(elem)) return (code) => decodeNarrow(elem, Number(code));
  if (elem === "bool") return (code) => (code === 0n ? 0 : 1);
  const bits = bitsOf(elem);
  if (bits < 8) return (code) => Number(elem.startsWith("u") ? code : BigInt.asIntN(bits, code));
  const number = allocate(elem, 1);
  const view = new DataView(number.buffer);
  return (code) => {
    for (let byte = 0; byte < bits / 8; byte++)
      view.setUint8(byte, Number((code >> BigInt(8 * byte)) & 255n));
    return number[0]!;
  };
}

/** The bytes of the one number in an array, the lowest first. */
function bitsIn(number: Float32Array | Float64Array, bits: number): bigint {
  const view = new DataView(number.buffer);
  return bits === 32 ? BigInt(view.getUint32(0, true)) : view.getBigUint64(0, true);
}
