// Arithmetic on two binary32 tensors, broadcast: runs along the last axes, each operand in steps of 0 or 1.
import { sizeOf } from "@mpplan/ir";
import { floats, outputDims, type FastRun } from "./floats.js";

/** out[at + k] = x[i + k di] o y[j + k dj] for k < n. A loop for every operation, so that each is compiled alone. */
type Loop = (
  out: Float32Array,
  at: number,
  x: Float32Array,
  i: number,
  di: number,
  y: Float32Array,
  j: number,
  dj: number,
  n: number,
) => void;

const addLoop: Loop = (out, at, x, i, di, y, j, dj, n) => {
  for (let k = 0; k < n; k++) out[at + k] = x[i + k * di]! + y[j + k * dj]!;
};

const divideLoop: Loop = (out, at, x, i, di, y, j, dj, n) => {
  for (let k = 0; k < n; k++) out[at + k] = x[i + k * di]! / y[j + k * dj]!;
};

const multiplyLoop: Loop = (out, at, x, i, di, y, j, dj, n) => {
  for (let k = 0; k < n; k++) out[at + k] = x[i + k * di]! * y[j + k * dj]!;
};

const subtractLoop: Loop = (out, at, x, i, di, y, j, dj, n) => {
  for (let k = 0; k < n; k++) out[at + k] = x[i + k * di]! - y[j + k * dj]!;
};

/** An axis of the output, or several that both operands walk through alike. */
interface Axis {
  size: number;
  readonly x: number;
  readonly y: number;
}

const elementwise =
  (loop: Loop): FastRun =>
  (inputs, node) => {
    const [a, b] = [inputs[0]!, inputs[1]!];
    const [x, y] = [floats(a), floats(b)];
    if (!x || !y) return null;
    const dims = outputDims(inputs, node);
    const out = new Float32Array(sizeOf(dims));
    if (out.length === 0) return [{ elem: "float32", dims, data: out }];
    const axes = mergedAxes(dims, a.dims, b.dims);
    const run = axes.pop() ?? { size: 1, x: 0, y: 0 };
    const index = new Int32Array(axes.length);
    let [i, j] = [0, 0];
    for (let at = 0; at < out.length; at += run.size) {
      loop(out, at, x, i, run.x, y, j, run.y, run.size);
      for (let axis = axes.length - 1; axis >= 0; axis--) {
        const { size, x: dx, y: dy } = axes[axis]!;
        i += dx;
        j += dy;
        if (++index[axis]! < size) break;
        i -= dx * size;
        j -= dy * size;
        index[axis] = 0;
      }
    }
    return [{ elem: "float32", dims, data: out }];
  };

export const add = elementwise(addLoop);
export const div = elementwise(divideLoop);
export const mul = elementwise(multiplyLoop);
export const sub = elementwise(subtractLoop);

function mergedAxes(dims: readonly number[], a: readonly number[], b: readonly number[]): Axis[] {
  const [x, y] = [steps(a, dims), steps(b, dims)];
  const axes: Axis[] = [];
  for (const [axis, size] of dims.entries()) {
    if (size === 1) continue;
    const next = { size, x: x[axis]!, y: y[axis]! };
    const last = axes.at(-1);
    if (last && last.x === next.x * size && last.y === next.y * size) {
      axes[axes.length - 1] = { ...next, size: last.size * size };
    } else {
      axes.push(next);
    }
  }
  return axes;
}

/** From element to element along every axis of `to`; 0 where an axis is missing or stretched. */
function steps(from: readonly number[], to: readonly number[]): number[] {
  const missing = to.length - from.length;
  return to.map((_, axis) =>
    axis < missing || from[axis - missing] === 1 ? 0 : sizeOf(from.slice(axis - missing + 1)),
  );
}
