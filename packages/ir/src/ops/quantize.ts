// Between real numbers and the few bits that they are stored in: x = (q - zero point) x scale.
import { printType, type Dim, type ElementType } from "../types.js";
import { hasInput, requireElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError, type InferContext } from "./define.js";
import { normalizeAxis } from "./dims.js";

/**
 * The nearest multiples of a scale: saturate(round(x / scale) + zero point), half to even. The quotient is rounded
 * to the type `precision`, else to the scale's. Inputs: x, scale, zero point. The scale is one number, a list along
 * an axis, or one number per block of `block_size` elements of it. NaN becomes the zero point in an integer type.
 */
export const quantizeLinear = defineOp({
  name: "QuantizeLinear",
  arity: [2, 3],
  attributes: {
    axis: { type: "int", default: 1 },
    block_size: { type: "int", default: 0 },
    output_dtype: { type: "element" },
    precision: { type: "element" },
    saturate: { type: "int", default: 1 },
  },
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    requireElement(node, elem, "numeric");
    requireElement(node, inputType(context, 1).elem, "numeric", "scale");
    checkGranularity(context, 2);
    const stated = node.attrs["output_dtype"] as ElementType | undefined;
    const zero = hasInput(context, 2) ? inputType(context, 2).elem : undefined;
    if (stated && zero && stated !== zero) {
      throw shapeError(node, `QuantizeLinear should yield ${stated}, but its zero point is ${zero}`);
    }
    return [{ elem: requireQuantized(context, stated ?? zero ?? "uint8"), shape }];
  },
});

/** (x - zero point) x scale, of the scale's type or `output_dtype`. Inputs as those of QuantizeLinear. */
export const dequantizeLinear = defineOp({
  name: "DequantizeLinear",
  arity: [2, 3],
  attributes: {
    axis: { type: "int", default: 1 },
    block_size: { type: "int", default: 0 },
    output_dtype: { type: "element" },
  },
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    if (elem !== "int32") requireQuantized(context, elem);
    const scale = requireElement(node, inputType(context, 1).elem, "float", "scale");
    if (hasInput(context, 2) && inputType(context, 2).elem !== elem) {
      throw shapeError(
        node,
        `DequantizeLinear has a zero point of ${inputType(context, 2).elem}, but an input of ${elem}`,
      );
    }
    checkGranularity(context, 2);
    const stated = node.attrs["output_dtype"] as ElementType | undefined;
    return [{ elem: requireElement(node, stated ?? scale, "float", "output"), shape }];
  },
});

/** Quantizes to uint8 over the range of the input, 0 included. Outputs: y, scale, zero point. */
export const dynamicQuantizeLinear = defineOp({
  name: "DynamicQuantizeLinear",
  arity: [1, 1],
  attributes: {},
  infer(context) {
    const { elem, shape } = inputType(context, 0);
    requireElement(context.node, elem, "float");
    return [
      { elem: "uint8", shape },
      { elem: "float32", shape: [] },
      { elem: "uint8", shape: [] },
    ];
  },
});

/** The element types that values are quantized to: integers of up to 16 bits, floats of up to 8. */
function requireQuantized({ node }: InferContext, elem: ElementType): ElementType {
  if (/^(u?int(2|4|8|16)|float(4|8)e[245]m.*)$/.test(elem)) return elem;
  throw shapeError(node, `${node.op} knows no quantized numbers of type ${elem}`);
}

/** The shape of scale and zero point against that of the input. */
function checkGranularity(context: InferContext, zeroPoint: number): void {
  const { node } = context;
  const [x, scale] = [shapeOf(context, 0), shapeOf(context, 1)];
  const zero = hasInput(context, zeroPoint) ? shapeOf(context, zeroPoint) : null;
  const differ = (a: Dim, b: Dim | undefined): boolean =>
    typeof a === "number" && typeof b === "number" && a !== b;
  if (scale && zero && isSingle(scale) && isSingle(zero)) return;
  if (scale && zero && (scale.length !== zero.length || scale.some((dim, i) => differ(dim, zero[i])))) {
    throw shapeError(
      node,
      `${node.op} has a scale of ${printType(inputType(context, 1))} with a zero point of ${printType(inputType(context, zeroPoint))}`,
    );
  }
  if (!x || !scale || isSingle(scale)) return;
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.length);
  const block = intAttr(node, "block_size");
  const wanted = x.map((dim, i) =>
    i === axis && block > 0 && typeof dim === "number" ? Math.ceil(dim / block) : dim,
  );
  const fits =
    block > 0
      ? scale.length === x.length && !wanted.some((dim, i) => differ(dim, scale[i]))
      : scale.length === 1 && !differ(x[axis]!, scale[0]);
  if (!fits) {
    const how = block > 0 ? `blocks of ${block} along axis ${axis}` : `one number per index of axis ${axis}`;
    throw shapeError(
      node,
      `the scale ${printType(inputType(context, 1))} of ${node.op} is not ${how} of ${printType(inputType(context, 0))}`,
    );
  }
}

/** One number for the whole tensor: a scalar, or a list of one. */
export function isSingle(scale: readonly Dim[]): boolean {
  return scale.length === 0 || (scale.length === 1 && scale[0] === 1);
}
