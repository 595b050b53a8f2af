import { sizeOf } from "@mpplan/ir";
import { broadcastDims, groupIndex } from "@mpplan/runtime";
import { addProduct, transposed } from "./matrix.js";
import { numbersOf, type GradientRule } from "./rule.js";

/** Of stacks of products A B + bias: g B' to A, A' g to B; a matrix that serves several products gets their sum. */
export const matMul: GradientRule = ({ inputs, wanted }) => {
  const [left, right] = [inputs[0]!, inputs[1]!];
  const [a, b] = [numbersOf(left), numbersOf(right)];
  const aDims = left.dims.length === 1 ? [1, ...left.dims] : left.dims;
  const bDims = right.dims.length === 1 ? [...right.dims, 1] : right.dims;
  const [rows, length, columns] = [aDims.at(-2)!, aDims.at(-1)!, bDims.at(-1)!];
  const [aOuter, bOuter] = [aDims.slice(0, -2), bDims.slice(0, -2)];
  const batch = broadcastDims(aOuter, bOuter);
  const groups = sizeOf(batch);
  const [aOf, bOf] = [groupIndex(batch, aOuter), groupIndex(batch, bOuter)];
  const [aSize, bSize, gSize] = [rows * length, length * columns, rows * columns];
  const turnedB = wanted[0] ? turned(b, sizeOf(bOuter), length, columns) : null;
  const turnedA = wanted[1] ? turned(a, sizeOf(aOuter), rows, length) : null;

  return ([g], room) => {
    const dA = turnedB && room(a.length);
    const dB = turnedA && room(b.length);
    for (let i = 0; i < groups; i++) {
      const [aFrom, bFrom, gFrom] = [aOf(i) * aSize, bOf(i) * bSize, i * gSize];
      if (dA) addProduct(dA, aFrom, g!, gFrom, turnedB, bFrom, [rows, columns, length]);
      if (dB) addProduct(dB, bFrom, turnedA, aFrom, g!, gFrom, [length, rows, columns]);
    }
    const dBias = wanted[2] ? room(inputs[2]!.data.length) : null;
    if (dBias) for (let i = 0; i < g!.length; i++) dBias[i % dBias.length]! += g![i]!;
    return [dA, dB, dBias];
  };
};

/** Every matrix of a stack transposed, in its own place. */
function turned(stack: Float64Array, count: number, rows: number, columns: number): Float64Array {
  const result = new Float64Array(stack.length);
  for (let i = 0; i < count; i++) {
    result.set(transposed(stack, i * rows * columns, rows, columns), i * rows * columns);
  }
  return result;
}
