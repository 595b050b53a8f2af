import { floatAttr, intAttr } from "@mpplan/ir";
import { broadcastPositions } from "@mpplan/runtime";
import { addProduct, transposed } from "./matrix.js";
import { numbersOf, type GradientRule, type Room } from "./rule.js";

/** Of alpha A B + beta C: alpha g B' to A, alpha A' g to B, beta g to C, where it was broadcast summed. */
export const gemm: GradientRule = ({ node, inputs, outputs, wanted }) => {
  const [a, b] = [numbersOf(inputs[0]), numbersOf(inputs[1])];
  const [transA, transB] = [intAttr(node, "transA") === 1, intAttr(node, "transB") === 1];
  const [alpha, beta] = [floatAttr(node, "alpha"), floatAttr(node, "beta")];
  const [rows, columns] = outputs[0]!.dims as [number, number];
  const length = inputs[0]!.dims[transA ? 0 : 1]!;
  // B as [columns, length] and A as [length, rows], whichever way they are stored.
  const turnedB = !wanted[0] ? null : transB ? b : transposed(b, 0, length, columns);
  const turnedA = !wanted[1] ? null : transA ? a : transposed(a, 0, rows, length);
  const c = wanted[2] ? inputs[2]! : null;
  const places = c && broadcastPositions(c.dims, [rows, columns]);

  const times = (data: Float64Array, factor: number): Float64Array => {
    if (factor !== 1) for (let i = 0; i < data.length; i++) data[i]! *= factor;
    return data;
  };
  const toA = (g: Float64Array, matrix: Float64Array, room: Room): Float64Array => {
    const result = room(rows * length);
    addProduct(result, 0, g, 0, matrix, 0, [rows, columns, length]);
    return times(transA ? transposed(result, 0, rows, length) : result, alpha);
  };
  const toB = (g: Float64Array, matrix: Float64Array, room: Room): Float64Array => {
    const result = room(length * columns);
    addProduct(result, 0, matrix, 0, g, 0, [length, rows, columns]);
    return times(transB ? transposed(result, 0, length, columns) : result, alpha);
  };
  const toC = (g: Float64Array, size: number, room: Room): Float64Array => {
    const result = room(size);
    for (let i = 0; i < g.length; i++) result[places ? places[i]! : i]! += beta * g[i]!;
    return result;
  };
  return ([g], room) => [
    turnedB && toA(g!, turnedB, room),
    turnedA && toB(g!, turnedA, room),
    c && toC(g!, c.data.length, room),
  ];
};
