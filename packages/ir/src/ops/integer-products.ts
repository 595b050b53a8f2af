// Products of quantized operands: sums of integers, exact, and scaled where the result is quantized again.
import { printType, type Dim } from "../types.js";
import { hasInput, requireElement, shapeOf } from "./checks.js";
import { convAttributes, convShape } from "./conv-shapes.js";
import { defineOp, inputType, shapeError, type InferContext } from "./define.js";
import { broadcastShapes } from "./dims.js";
import { checkedType } from "./limits.js";
import { matrixSizes } from "./mat-mul.js";

/**
 * The matrix product of integers less their zero points, int32. Inputs: A, B, and the zero points of A, one or one
 * per row, and of B, one or one per column.
 *
 * Sums: as MatMul's, K products of integers of 9 bits each, of both signs unless the zero points say otherwise;
 * exact up to 32 bits, where they wrap. Planned as MatMul's, see `lowerIntegerProducts`.
 */
export const matMulInteger = defineOp({
  name: "MatMulInteger",
  arity: [2, 4],
  attributes: {},
  infer(context) {
    const { node } = context;
    for (const index of [0, 1]) requireElement(node, inputType(context, index).elem, "integer");
    checkPerVector(context, 2, 0, "row");
    checkPerVector(context, 3, 1, "column");
    return [checkedType(node, "int32", productShape(context, 0, 1))];
  },
});

/**
 * The product of two quantized matrices, quantized again: (A less zero point) (B less zero point) x a's scale x b's
 * scale / y's scale. Inputs: a, its scale, its zero point, b and its two, y's two. The type is that of y's zero point.
 *
 * Sums: as MatMulInteger's; with floats of 8 bits K products of floats.
 */
export const qLinearMatMul = defineOp({
  name: "QLinearMatMul",
  arity: [8, 8],
  attributes: {},
  infer(context) {
    const { node } = context;
    for (const index of [0, 2, 3, 5, 7]) requireElement(node, inputType(context, index).elem, "numeric");
    for (const index of [1, 4, 6]) requireElement(node, inputType(context, index).elem, "float", "scale");
    for (const index of [1, 2]) checkPerVector(context, index, 0, "row");
    for (const index of [4, 5]) checkPerVector(context, index, 3, "column");
    const output = productShape(context, 0, 3);
    for (const index of [6, 7]) {
      if (output) checkBroadcast(context, index, perVector(shapeOf(context, index), "row"), output);
    }
    return [checkedType(node, inputType(context, 7).elem, output)];
  },
});

/**
 * The convolution of integers less their zero points, int32; padding counts as the zero point. Inputs: X, W, and
 * their zero points, that of W one or one per output channel.
 *
 * Sums: as Conv's, C / group x kernel products of integers of 9 bits each; exact up to 32 bits, where they wrap.
 * Planned as Conv's, see `lowerIntegerProducts`.
 */
export const convInteger = defineOp({
  name: "ConvInteger",
  arity: [2, 4],
  attributes: convAttributes,
  infer(context) {
    const { node } = context;
    for (const index of [0, 1]) requireElement(node, inputType(context, index).elem, "integer");
    checkSingle(context, 2);
    checkPerChannel(context, 3, 1);
    return [checkedType(node, "int32", convShape(context, { input: 0, weights: 1 }))];
  },
});

/**
 * The convolution of quantized numbers, quantized again. Inputs: x, its scale, its zero point; w and its two, one
 * or one per output channel; y's two; and an int32 bias in units of x's scale x w's.
 *
 * Sums: as ConvInteger's, and the bias.
 */
export const qLinearConv = defineOp({
  name: "QLinearConv",
  arity: [8, 9],
  attributes: convAttributes,
  infer(context) {
    const { node } = context;
    for (const index of [0, 2, 3, 5, 7]) requireElement(node, inputType(context, index).elem, "integer");
    for (const index of [1, 4, 6]) requireElement(node, inputType(context, index).elem, "float", "scale");
    if (hasInput(context, 8)) requireElement(node, inputType(context, 8).elem, "index", "bias");
    for (const index of [1, 2, 6, 7]) checkSingle(context, index);
    for (const index of [4, 5]) checkPerChannel(context, index, 3);
    const shape = convShape(context, { input: 0, weights: 3, bias: 8 });
    return [checkedType(node, inputType(context, 7).elem, shape)];
  },
});

function productShape(context: InferContext, a: number, b: number): Dim[] | null {
  const sizes = matrixSizes(context, { a, b });
  return sizes && [...sizes.batch, ...sizes.rows, ...sizes.columns];
}

/** A list as long as the rows stands beside them; everything else broadcasts as it is. */
export function perVector<D extends Dim>(
  shape: readonly D[] | null,
  of: "row" | "column",
): readonly (D | 1)[] | null {
  return shape?.length === 1 && of === "row" ? [shape[0]!, 1] : shape;
}

function checkPerVector(context: InferContext, index: number, matrix: number, of: "row" | "column"): void {
  if (!hasInput(context, index)) return;
  const [shape, whole] = [shapeOf(context, index), shapeOf(context, matrix)];
  // A list as an operand is one row, or one column.
  if (whole && whole.length === 1) checkSingle(context, index);
  else if (shape && whole) checkBroadcast(context, index, perVector(shape, of), whole);
}

function checkBroadcast(
  context: InferContext,
  index: number,
  shape: readonly Dim[] | null,
  whole: readonly Dim[],
): void {
  const together = broadcastShapes(context.node, shape, whole);
  if (!shape || isSingle(shape)) return;
  const grows = together?.length !== whole.length || together.some((dim, i) => whole[i] === 1 && dim !== 1);
  if (grows) {
    throw shapeError(
      context.node,
      `the scale or zero point ${printType(inputType(context, index))} of ${context.node.op} does not fit its matrix`,
    );
  }
}

function checkSingle(context: InferContext, index: number): void {
  if (!hasInput(context, index)) return;
  const shape = shapeOf(context, index);
  if (shape && !shape.every((dim) => typeof dim !== "number" || dim === 1)) {
    throw shapeError(
      context.node,
      `input number ${index + 1} of ${context.node.op} is one number, but is given as ${printType(inputType(context, index))}`,
    );
  }
}

function checkPerChannel(context: InferContext, index: number, weights: number): void {
  if (!hasInput(context, index)) return;
  const [shape, channels] = [shapeOf(context, index, 0, 1), shapeOf(context, weights, 3)?.[0]];
  const count = shape?.[0];
  if (typeof count === "number" && typeof channels === "number" && count !== 1 && count !== channels) {
    throw shapeError(
      context.node,
      `input number ${index + 1} of ${context.node.op} has ${count} numbers for ${channels} output channels`,
    );
  }
}

function isSingle(shape: readonly Dim[]): boolean {
  return shape.every((dim) => dim === 1);
}
