// Operators that only move numbers: one shader copies from strides to strides, another looks rows up.
import { intAttr, sizeOf, type Node } from "@mpplan/ir";
import type { Shader } from "../shader.js";
import type { Stream } from "../stream.js";
import { GpuTensor } from "../tensor.js";
import {
  axes,
  axisNames,
  hostNumbers,
  mostAxes,
  outputDims,
  stridesOf,
  walk,
  type Recorder,
} from "./define.js";

const copyShader: Shader = {
  label: "strided copy",
  buffers: { x: "read u32", y: "write u32" },
  params: ["source_at", "target_at", ...axisNames("d"), ...axisNames("a"), ...axisNames("b")],
  body: `${walk({ at_a: "a", at_b: "b" })}
  y[p.target_at + at_b] = x[p.source_at + at_a];`,
};

interface Strided {
  readonly at: number;
  readonly strides: readonly number[];
}

/** y[to + index . strides] = x[from + index . strides] for every index into dims. */
function copy(
  stream: Stream,
  x: GpuTensor,
  from: Strided,
  y: GpuTensor,
  to: Strided,
  dims: readonly number[],
): void {
  const params = [from.at, to.at, ...axes(dims, 1), ...axes(from.strides, 0), ...axes(to.strides, 0)];
  stream.dispatch(copyShader, [x.bound(stream), y.bound(stream)], params, sizeOf(dims));
}

const dense = (dims: readonly number[]): Strided => ({ at: 0, strides: stridesOf(dims) });

/** The same numbers under other dims: no copy. */
export const sameElements: Recorder = (inputs, node) => {
  const dims = outputDims(inputs, node);
  return dims && [inputs[0]!.shared(dims[0]!)];
};

/** To its own type. */
export const cast: Recorder = ([x], node) => (node.attrs["to"] === x!.elem ? [x!.shared(x!.dims)] : null);

/** With zeros, by amounts that are on the host. */
export const pad: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const [amounts, value, dims] = [hostNumbers(inputs[1]), inputs[2], outputDims(inputs, node)?.[0]];
  const zeros = node.attrs["mode"] === "constant" && (!value || hostNumbers(value)?.[0] === 0) && !inputs[3];
  if (!amounts || !dims || !zeros || amounts.some((n) => n < 0) || dims.length > mostAxes) return null;
  const y = GpuTensor.made(stream, x.elem, dims);
  const { buffer, bytes } = y.bound(stream);
  stream.clear(buffer, bytes);
  const strides = stridesOf(dims);
  const at = strides.reduce((sum, stride, axis) => sum + stride * amounts[axis]!, 0);
  copy(stream, x, dense(x.dims), y, { at, strides }, x.dims);
  return [y];
};

export const transpose: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  if (x.dims.length > mostAxes) return null;
  const perm =
    (node.attrs["perm"] as readonly number[] | undefined) ?? x.dims.map((_, i) => x.dims.length - 1 - i);
  const own = stridesOf(x.dims);
  const dims = perm.map((axis) => x.dims[axis]!);
  const y = GpuTensor.made(stream, x.elem, dims);
  copy(stream, x, { at: 0, strides: perm.map((axis) => own[axis]!) }, y, dense(dims), dims);
  return [y];
};

export const concat: Recorder = (inputs, node, stream) => {
  const [dims] = outputDims(inputs, node)!;
  if (dims!.length > mostAxes) return null;
  const axis = axisOf(node, dims!.length);
  const y = GpuTensor.made(stream, inputs[0]!.elem, dims!);
  const strides = stridesOf(dims!);
  let at = 0;
  for (const x of inputs) {
    copy(stream, x!, dense(x!.dims), y, { at: at * strides[axis]!, strides }, x!.dims);
    at += x!.dims[axis]!;
  }
  return [y];
};

/** To a shape that is on the host. */
export const expand: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const dims = outputDims(inputs, node)?.[0];
  if (!dims || dims.length > mostAxes) return null;
  const own = stridesOf(x.dims);
  const missing = dims.length - x.dims.length;
  const strides = dims.map((_, i) => (i < missing || x.dims[i - missing] === 1 ? 0 : own[i - missing]!));
  const y = GpuTensor.made(stream, x.elem, dims);
  copy(stream, x, { at: 0, strides }, y, dense(dims), dims);
  return [y];
};

/** Repeats are on the host; each repeated axis is two to walk over. */
export const tile: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const [repeats, dims] = [hostNumbers(inputs[1]), outputDims(inputs, node)?.[0]];
  if (!repeats || !dims) return null;
  const own = stridesOf(x.dims);
  const walked = x.dims.flatMap((d, i) => [...(repeats[i] === 1 ? [] : [repeats[i]!]), d]);
  const strides = own.flatMap((stride, i) => [...(repeats[i] === 1 ? [] : [0]), stride]);
  if (walked.length > mostAxes) return null;
  const y = GpuTensor.made(stream, x.elem, dims);
  copy(stream, x, { at: 0, strides }, y, dense(walked), walked);
  return [y];
};

export const split: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const parts = outputDims(inputs, node)?.slice(0, node.outputs.length);
  if (!parts || x.dims.length > mostAxes) return null;
  const axis = axisOf(node, x.dims.length);
  const strides = stridesOf(x.dims);
  let at = 0;
  return parts.map((dims) => {
    const y = GpuTensor.made(stream, x.elem, dims);
    copy(stream, x, { at: at * strides[axis]!, strides }, y, dense(dims), dims);
    at += dims[axis]!;
    return y;
  });
};

export const slice: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const [starts, ends] = [hostNumbers(inputs[1]), hostNumbers(inputs[2])];
  const wanted = inputs[3] ? hostNumbers(inputs[3]) : starts?.map((_, i) => i);
  const steps = inputs[4] ? hostNumbers(inputs[4]) : starts?.map(() => 1);
  const dims = outputDims(inputs, node)?.[0];
  if (!starts || !ends || !wanted || !steps || !dims || dims.length > mostAxes) return null;
  const strides = stridesOf(x.dims);
  let at = 0;
  for (const [i, named] of wanted.entries()) {
    const axis = named < 0 ? named + x.dims.length : named;
    const [size, step, own] = [x.dims[axis]!, steps[i]!, strides[axis]!];
    const start = starts[i]! < 0 ? starts[i]! + size : starts[i]!;
    at += Math.min(Math.max(start, 0), step < 0 ? size - 1 : size) * own;
    strides[axis] = own * step;
  }
  const y = GpuTensor.made(stream, x.elem, dims);
  copy(stream, x, { at, strides }, y, dense(dims), dims);
  return [y];
};

const gatherShader: Shader = {
  label: "Gather",
  buffers: { x: "read u32", places: "read u32", y: "write u32" },
  params: ["inner", "axis", "chosen"],
  body: `  let i = id % p.inner;
  let k = (id / p.inner) % p.chosen;
  let outer = id / p.inner / p.chosen;
  y[id] = x[(outer * p.axis + places[k]) * p.inner + i];`,
};

/** The elements at these places of an axis. */
export function picked(stream: Stream, x: GpuTensor, axis: number, places: Uint32Array): GpuTensor {
  const dims = x.dims.map((d, i) => (i === axis ? places.length : d));
  const y = GpuTensor.made(stream, x.elem, dims);
  const table = { buffer: stream.upload(places), bytes: places.byteLength };
  const params = [sizeOf(x.dims.slice(axis + 1)), x.dims[axis]!, places.length];
  stream.dispatch(gatherShader, [x.bound(stream), table, y.bound(stream)], params, y.size);
  stream.pool.give(table.buffer);
  return y;
}

/** Indices are on the host. */
export const gather: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const [indices, dims] = [hostNumbers(inputs[1]), outputDims(inputs, node)?.[0]];
  if (!indices || !dims) return null;
  const axis = axisOf(node, x.dims.length);
  const size = x.dims[axis]!;
  // Beyond the axis the reference says so.
  if (indices.some((i) => i < -size || i >= size)) return null;
  const places = Uint32Array.from(indices, (i) => (i < 0 ? i + size : i));
  const flat = picked(stream, x, axis, places);
  const y = flat.shared(dims);
  flat.free(stream);
  return [y];
};

function axisOf(node: Node, rank: number): number {
  const axis = intAttr(node, "axis");
  return axis < 0 ? axis + rank : axis;
}
