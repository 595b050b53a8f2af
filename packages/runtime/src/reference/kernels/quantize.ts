// Between real numbers and the few bits that they are stored in.
import {
  intAttr,
  isFloat,
  isSingle,
  normalizeAxis,
  storeRounding,
  type ElementType,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { converter, integerLimits, type Element } from "./convert.js";
import { around } from "./select.js";
import { elementsOf, outputTypes, zeros } from "./tensors.js";

export const quantizeLinear: ReferenceKernel = (inputs, node) => {
  const [x, scale, zero] = [need(inputs, 0, node), need(inputs, 1, node), inputs[2]];
  const { elem } = outputTypes(inputs, node)[0]!;
  const result = zeros(elem, x.dims);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const [scales, zeroPoints] = [elementsOf(scale.data), zero && elementsOf(zero.data)];
  const at = scalePlaces(x, scale, node);
  const round = quotientRounding(x.elem, scale.elem, node);
  const quantize = quantizer(elem, intAttr(node, "saturate") !== 0);
  // A scale is a number of its type, also where the exact reference holds it to more digits than that.
  const ofType = storeRounding(scale.elem) ?? ((x: number) => x);
  for (let i = 0; i < target.length; i++) {
    const quotient = round(Number(source[i]!) / ofType(Number(scales[at(i)]!)));
    target[i] = quantize(quotient, zeroPoints ? zeroPoints[at(i)]! : 0) as number;
  }
  return [result];
};

export const dequantizeLinear: ReferenceKernel = (inputs, node) => {
  const [x, scale, zero] = [need(inputs, 0, node), need(inputs, 1, node), inputs[2]];
  const result = zeros(outputTypes(inputs, node)[0]!.elem, x.dims);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const [scales, zeroPoints] = [elementsOf(scale.data), zero && elementsOf(zero.data)];
  const at = scalePlaces(x, scale, node);
  for (let i = 0; i < target.length; i++) {
    target[i] = (source[i]! - (zeroPoints ? zeroPoints[at(i)]! : 0)) * scales[at(i)]!;
  }
  return [result];
};

/** In binary32 throughout, as the definition is a graph of binary32 operators. */
export const dynamicQuantizeLinear: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const source = elementsOf(x.data);
  let [least, most] = [0, 0];
  for (const value of source) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const range = least === most ? 1 : Math.fround(most - least);
  const scale = Math.fround(range / 255);
  const zero = roundedTo("uint8")(Math.fround(-least / scale)) as number;
  const result = zeros("uint8", x.dims);
  const [quantize, target] = [quantizer("uint8"), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) {
    target[i] = quantize(Math.fround(source[i]! / scale), zero) as number;
  }
  return [
    result,
    { elem: "float32", dims: [], data: Float64Array.of(scale) },
    { elem: "uint8", dims: [], data: Uint8Array.of(zero) },
  ];
};

/** Of a quotient and a zero point, saturate(round(quotient) + zero point): half to even before the zero point counts. */
export function quantizer(elem: ElementType, saturate = true): (quotient: number, zero: number) => Element {
  const round = roundedTo(elem, saturate);
  if (isFloat(elem)) return (quotient, zero) => round(quotient + zero);
  return (quotient, zero) => round((Number.isNaN(quotient) ? 0 : roundHalfEven(quotient)) + zero);
}

/** The type that the division rounds to: the one stated, or the scale's, or where that is none of numbers, x's. */
function quotientRounding(x: ElementType, scale: ElementType, node: Node): (x: number) => number {
  const usual = isFloat(scale) && scale !== "float8e8m0" ? scale : isFloat(x) ? x : "float32";
  const precision = (node.attrs["precision"] as ElementType | undefined) ?? usual;
  return storeRounding(precision) ?? ((quotient) => quotient);
}

/** For every element of a tensor, where its scale is. */
function scalePlaces(x: Tensor, scale: Tensor, node: Node): (i: number) => number {
  if (isSingle(scale.dims)) return () => 0;
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const block = intAttr(node, "block_size");
  const { inner } = around(x.dims, axis);
  const size = x.dims[axis]!;
  if (block === 0) return (i) => Math.floor(i / inner) % size;
  return (i) => {
    const [before, along] = [Math.floor(i / (inner * size)), Math.floor(i / inner) % size];
    return (before * scale.dims[axis]! + Math.floor(along / block)) * inner + (i % inner);
  };
}

/** Rounds half to even, as ONNX's quantizing operators do. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The nearest element of a type, saturating; NaN becomes 0 in an integer type. */
export function roundedTo(elem: ElementType, saturate = true): (x: number) => Element {
  const convert = converter("float64", elem, { saturate });
  if (isFloat(elem)) return convert;
  if (elem === "bool" || elem.endsWith("64")) return (x) => convert(roundHalfEven(x));
  const [low, high] = integerLimits(elem).map(Number) as [number, number];
  return (x) => (Number.isNaN(x) ? 0 : Math.min(Math.max(roundHalfEven(x), low), high));
}
