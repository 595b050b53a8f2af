// Products of quantized operands. The integers are held in binary64, where their sums are exact.
import {
  intAttr,
  perVector,
  resolveWindow,
  sizeOf,
  type Node,
  type SlidingWindow,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { combined } from "./elementwise.js";
import { broadcastPositions, positions, stretchedStrides } from "./positions.js";
import { quantizer } from "./quantize.js";
import { elementsOf, outputTypes, zeros } from "./tensors.js";
import { windowPositions } from "./window-positions.js";

export const matMulInteger: ReferenceKernel = (inputs, node) => {
  const a = lessZero(need(inputs, 0, node), inputs[2], "row");
  const b = lessZero(need(inputs, 1, node), inputs[3], "column");
  return [wrapped(matrixProduct(a, b), outputTypes(inputs, node)[0]!.shape as number[])];
};

export const qLinearMatMul: ReferenceKernel = (inputs, node) => {
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = inputs.map((_, i) => need(inputs, i, node)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const sums = matrixProduct(lessZero(a, aZero, "row"), lessZero(b, bZero, "column"));
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: number[] }];
  const result = zeros(elem, shape);
  const across = (t: Tensor, of: "row" | "column"): ((i: number) => number) => {
    const data = elementsOf(t.data);
    if (data.length === 1) return () => data[0]!;
    const at = broadcastPositions(perVector(t.dims, of)!, shape);
    return (i) => data[at ? at[i]! : i]!;
  };
  const [rowScale, columnScale] = [across(aScale, "row"), across(bScale, "column")];
  const [scale, zero] = [across(yScale, "row"), across(yZero, "row")];
  const [quantize, target] = [quantizer(elem), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) {
    const factor = Math.fround(Math.fround(rowScale(i) * columnScale(i)) / scale(i));
    target[i] = quantize(sums[i]! * factor, zero(i)) as number;
  }
  return [result];
};

export const convInteger: ReferenceKernel = (inputs, node) => {
  const [x, w] = [need(inputs, 0, node), need(inputs, 1, node)];
  const dims = outputTypes(inputs, node)[0]!.shape as number[];
  return [wrapped(convolved(lessZero(x, inputs[2]), lessChannels(w, inputs[3]), node), dims)];
};

export const qLinearConv: ReferenceKernel = (inputs, node) => {
  const [x, w, wScale] = [need(inputs, 0, node), need(inputs, 3, node), need(inputs, 4, node)];
  const [xScale, yScale, yZero] = [1, 6, 7].map((i) => elementsOf(need(inputs, i, node).data)[0]!) as [
    number,
    number,
    number,
  ];
  const sums = convolved(lessZero(x, inputs[2]), lessChannels(w, inputs[5]), node);
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: number[] }];
  const result = zeros(elem, shape);
  const bias = inputs[8] && elementsOf(inputs[8].data);
  const scales = elementsOf(wScale.data);
  const [channels, pixels] = [shape[1]!, sizeOf(shape.slice(2))];
  const [quantize, target] = [quantizer(elem), elementsOf(result.data)];
  for (let i = 0; i < target.length; i++) {
    const m = Math.floor(i / pixels) % channels;
    const factor = Math.fround(Math.fround(xScale * scales[scales.length === 1 ? 0 : m]!) / yScale);
    target[i] = quantize((sums[i]! + Number(bias ? bias[m]! : 0)) * factor, yZero) as number;
  }
  return [result];
};

/** In binary64, with the zero points taken away that there are: one, or one per row or column. */
function lessZero(t: Tensor, zero: Tensor | null | undefined, of: "row" | "column" = "column"): Tensor {
  const beside = zero ? (zero.data.length === 1 ? [] : perVector(zero.dims, of)!) : [];
  const taken: Tensor = { elem: "float64", dims: beside, data: zero?.data ?? Float64Array.of(0) };
  return combined(t, taken, "float64", t.dims, (x, z) => x - z);
}

/** The same, with one zero point per output channel. */
function lessChannels(w: Tensor, zero: Tensor | null | undefined): Tensor {
  if (!zero || zero.data.length === 1) return lessZero(w, zero);
  return lessZero(w, { ...zero, dims: [zero.data.length, ...w.dims.slice(1).map(() => 1)] });
}

function wrapped(sums: Float64Array, dims: readonly number[]): Tensor {
  // A bitwise operator takes a number modulo 2^32.
  return { elem: "int32", dims, data: Int32Array.from(sums, (sum) => sum | 0) };
}

/** The sums of a matrix product with a broadcast batch; a list is a row on the left and a column on the right. */
function matrixProduct(a: Tensor, b: Tensor): Float64Array {
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [rows, length, columns] = [left.at(-2)!, left.at(-1)!, right.at(-1)!];
  const [leftBatch, rightBatch] = [left.slice(0, -2), right.slice(0, -2)];
  const rank = Math.max(leftBatch.length, rightBatch.length);
  const batch = Array.from({ length: rank }, (_, i) => {
    const [p, q] = [leftBatch.at(i - rank) ?? 1, rightBatch.at(i - rank) ?? 1];
    return p === 1 ? q : p;
  });
  const [leftAt, rightAt] = [leftBatch, rightBatch].map((dims) =>
    positions(batch, stretchedStrides(dims, batch)),
  ) as [Int32Array, Int32Array];
  const [x, y] = [elementsOf(a.data), elementsOf(b.data)];
  const sums = new Float64Array(sizeOf(batch) * rows * columns);
  for (let i = 0; i < sums.length; i++) {
    const [column, row] = [i % columns, Math.floor(i / columns) % rows];
    const matrix = Math.floor(i / (rows * columns));
    for (let k = 0; k < length; k++) {
      const p = x[(leftAt[matrix]! * rows + row) * length + k]!;
      sums[i]! += p * y[(rightAt[matrix]! * length + k) * columns + column]!;
    }
  }
  return sums;
}

/** The sums of a convolution, [N, M, ...]; zeros stand in the padding. */
function convolved(x: Tensor, w: Tensor, node: Node): Float64Array {
  const [batch, inChannels, ...spatial] = x.dims as [number, number, ...number[]];
  const [outChannels, perGroup, ...kernel] = w.dims as [number, number, ...number[]];
  const window: SlidingWindow = resolveWindow(node, spatial, kernel);
  const at = windowPositions(spatial, window);
  const [planeSize, places, taps] = [sizeOf(spatial), sizeOf(window.output), sizeOf(kernel)];
  const outPerGroup = outChannels / intAttr(node, "group");
  const [source, weights] = [elementsOf(x.data), elementsOf(w.data)];
  const sums = new Float64Array(batch * outChannels * places);
  for (let i = 0; i < sums.length; i++) {
    const [place, m] = [i % places, Math.floor(i / places) % outChannels];
    const n = Math.floor(i / (places * outChannels));
    const first = Math.floor(m / outPerGroup) * perGroup;
    for (let c = 0; c < perGroup; c++) {
      const plane = (n * inChannels + first + c) * planeSize;
      for (let tap = 0; tap < taps; tap++) {
        const position = at[place * taps + tap]!;
        if (position < 0) continue;
        sums[i]! += source[plane + position]! * weights[(m * perGroup + c) * taps + tap]!;
      }
    }
  }
  return sums;
}
