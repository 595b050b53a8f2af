// Resize: axis by axis, elements are looked up, or mixed by weights that the host knows.
import { resizedAxes, sizeOf } from "@mpplan/ir";
import { resizeTaps } from "@mpplan/runtime";
import type { Shader } from "../shader.js";
import type { Stream } from "../stream.js";
import { GpuTensor } from "../tensor.js";
import { bitsOf } from "../wgsl/round.js";
import { contextOf, type Recorder } from "./define.js";
import { picked } from "./move.js";

type Taps = ReturnType<typeof resizeTaps>;

/** Tables hold where each element's taps begin and the last ones end, then pairs of an index and a weight. */
const mixShader: Shader = {
  label: "Resize",
  buffers: { x: "read f32", table: "read u32", y: "write f32" },
  params: ["inner", "size", "wanted"],
  body: `  let i = id % p.inner;
  let k = (id / p.inner) % p.wanted;
  let first = id / p.inner / p.wanted * p.size * p.inner + i;
  var sum = 0.0;
  for (var at = table[k]; at < table[k + 1u]; at = at + 2u) {
    sum = sum + bitcast<f32>(table[at + 1u]) * x[first + table[at] * p.inner];
  }
  y[id] = sum;`,
};

/** Crops that reach beyond the input are left to the host, and so are regions and sizes that are not there. */
export const resize: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  const along = resizedAxes(contextOf(inputs, node), x.dims);
  if (!along || x.size === 0 || along.some(({ to }) => to === 0)) return null;
  const steps = along.map((axis) => ({ axis: axis.axis, taps: resizeTaps(axis, node) }));
  if (steps.some(({ taps }) => taps.some((list) => list.length === 0))) return null;
  let result = x.shared(x.dims);
  for (const { axis, taps } of steps) {
    const asItIs =
      taps.length === result.dims[axis] && taps.every(([tap], i) => tap!.index === i && isOne(tap!));
    if (asItIs) continue;
    const next = taps.every((list) => list.length === 1 && isOne(list[0]!))
      ? picked(
          stream,
          result,
          axis,
          Uint32Array.from(taps, ([tap]) => tap!.index),
        )
      : mixed(stream, result, axis, taps);
    result.free(stream);
    result = next;
  }
  return [result];
};

const isOne = ({ weight }: Taps[number][number]): boolean => weight === 1;

function mixed(stream: Stream, x: GpuTensor, axis: number, taps: Taps): GpuTensor {
  const words: number[] = [];
  let at = taps.length + 1;
  for (const list of taps) {
    words.push(at);
    at += 2 * list.length;
  }
  words.push(at);
  for (const { index, weight } of taps.flat()) words.push(index, bitsOf(weight));
  const table = { buffer: stream.upload(Uint32Array.from(words)), bytes: words.length * 4 };
  const dims = x.dims.map((d, i) => (i === axis ? taps.length : d));
  const y = GpuTensor.made(stream, x.elem, dims);
  const params = [sizeOf(dims.slice(axis + 1)), x.dims[axis]!, taps.length];
  stream.dispatch(mixShader, [x.bound(stream), table, y.bound(stream)], params, y.size);
  stream.pool.give(table.buffer);
  return y;
}
