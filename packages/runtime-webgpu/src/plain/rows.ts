// Operators that run along axes: softmax, means and other reductions, pools, normalisation. One invocation per result,
// term after term in binary32.
import { floatAttr, intAttr, resolveWindow, sizeOf } from "@mpplan/ir";
import type { Shader } from "../shader.js";
import { GpuTensor } from "../tensor.js";
import { bitsOf } from "../wgsl/round.js";
import { extremes } from "./elementwise.js";
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

const softmaxShader: Shader = {
  label: "Softmax",
  buffers: { x: "read f32", y: "write f32" },
  params: ["size", "inner"],
  body: `  let first = (id / p.inner) * p.size * p.inner + id % p.inner;
  var most = x[first];
  for (var i = 1u; i < p.size; i++) { most = max(most, x[first + i * p.inner]); }
  var sum = 0.0;
  for (var i = 0u; i < p.size; i++) {
    let e = exp(x[first + i * p.inner] - most);
    y[first + i * p.inner] = e;
    sum = sum + e;
  }
  for (var i = 0u; i < p.size; i++) { y[first + i * p.inner] = y[first + i * p.inner] / sum; }`,
};

export const softmax: Recorder = ([x], node, stream) => {
  const { dims } = x!;
  const named = intAttr(node, "axis");
  const axis = named < 0 ? named + dims.length : named;
  const y = GpuTensor.made(stream, x!.elem, dims);
  const size = dims[axis] ?? 1;
  const params = [size, sizeOf(dims.slice(axis + 1))];
  stream.dispatch(softmaxShader, [x!.bound(stream), y.bound(stream)], params, size === 0 ? 0 : y.size / size);
  return [y];
};

/** `step` takes a term `v` into `s`; `end` makes the result of `s` and the number of terms `n`. */
interface Reduction {
  readonly step: string;
  readonly end?: string;
  /** What of an element `u` is taken. */
  readonly term?: string;
}

function reduceShader(label: string, { step, end = "s", term = "u" }: Reduction): Shader {
  return {
    label,
    buffers: { x: "read f32", places: "read u32", y: "write f32" },
    params: ["terms", ...axisNames("d"), ...axisNames("a")],
    functions: `${extremes}\nfn term(u: f32) -> f32 { return ${term}; }`,
    body: `${walk({ first: "a" })}
  var s = term(x[first + places[0]]);
  for (var i = 1u; i < p.terms; i++) {
    let v = term(x[first + places[i]]);
    s = ${step};
  }
  let n = f32(p.terms);
  y[id] = ${end};`,
  };
}

export function reduce(label: string, reduction: Reduction): Recorder {
  const shader = reduceShader(label, reduction);
  return (inputs, node, stream) => {
    const x = inputs[0]!;
    const rank = x.dims.length;
    const named = inputs[1] ? hostNumbers(inputs[1]) : [];
    const dims = outputDims(inputs, node)?.[0];
    if (!named || !dims || rank > mostAxes || x.size === 0) return null;
    const all = named.length === 0 && node.attrs["noop_with_empty_axes"] !== 1;
    const reduced = new Set(all ? x.dims.keys() : named.map((axis) => (axis < 0 ? axis + rank : axis)));
    const strides = stridesOf(x.dims);
    let places = [0];
    for (const axis of [...reduced].sort((a, b) => a - b)) {
      places = places.flatMap((at) =>
        Array.from({ length: x.dims[axis]! }, (_, i) => at + i * strides[axis]!),
      );
    }
    const kept = x.dims.map((d, axis) => (reduced.has(axis) ? 1 : d));
    const y = GpuTensor.made(stream, x.elem, dims);
    const words = Uint32Array.from(places);
    const table = { buffer: stream.upload(words), bytes: words.byteLength };
    const params = [places.length, ...axes(kept, 1), ...axes(strides, 0)];
    stream.dispatch(shader, [x.bound(stream), table, y.bound(stream)], params, y.size);
    stream.pool.give(table.buffer);
    return [y];
  };
}

export const globalAveragePool = globalPool(
  reduceShader("GlobalAveragePool", { step: "s + v", end: "s / n" }),
);
export const globalMaxPool = globalPool(reduceShader("GlobalMaxPool", { step: "larger(s, v)" }));

function globalPool(shader: Shader): Recorder {
  return (inputs, _node, stream) => {
    const x = inputs[0]!;
    const [batch, channels] = x.dims;
    const plane = sizeOf(x.dims.slice(2));
    if (plane === 0) return null;
    const y = GpuTensor.made(stream, x.elem, [batch!, channels!, ...x.dims.slice(2).map(() => 1)]);
    const words = Uint32Array.from({ length: plane }, (_, i) => i);
    const table = { buffer: stream.upload(words), bytes: words.byteLength };
    stream.dispatch(
      shader,
      [x.bound(stream), table, y.bound(stream)],
      [plane, ...axes([y.size], 1), ...axes([plane], 0)],
      y.size,
    );
    stream.pool.give(table.buffer);
    return [y];
  };
}

/** Windows over up to two axes; `n` counts the taps inside, or all of them where padding counts. */
function poolShader(label: string, start: string, step: string, end: string): Shader {
  const sizes = ["in_h", "in_w", "out_h", "out_w", "kernel_h", "kernel_w"];
  return {
    label,
    buffers: { x: "read f32", y: "write f32" },
    params: [
      ...sizes,
      "stride_h",
      "stride_w",
      "dilation_h",
      "dilation_w",
      "pad_h",
      "pad_w",
      "end_h",
      "end_w",
      "padding",
    ],
    functions: extremes,
    body: `  let ox = id % p.out_w;
  let oy = (id / p.out_w) % p.out_h;
  let plane = id / p.out_w / p.out_h * p.in_h * p.in_w;
  var s = ${start};
  var taken = false;
  var n = 0.0;
  for (var ky = 0u; ky < p.kernel_h; ky++) {
    let iy = i32(oy * p.stride_h + ky * p.dilation_h) - i32(p.pad_h);
    for (var kx = 0u; kx < p.kernel_w; kx++) {
      let ix = i32(ox * p.stride_w + kx * p.dilation_w) - i32(p.pad_w);
      if (iy >= 0 && iy < i32(p.in_h) && ix >= 0 && ix < i32(p.in_w)) {
        let v = x[plane + u32(iy) * p.in_w + u32(ix)];
        s = select(v, ${step}, taken);
        taken = true;
        n = n + 1.0;
      } else if (p.padding == 1u && iy < i32(p.in_h + p.end_h) && ix < i32(p.in_w + p.end_w)) {
        n = n + 1.0;
      }
    }
  }
  y[id] = ${end};`,
  };
}

function pool(shader: Shader): Recorder {
  return (inputs, node, stream) => {
    const x = inputs[0]!;
    const spatial = x.dims.slice(2);
    if (node.outputs.length > 1 || spatial.length > 2 || spatial.length === 0) return null;
    const window = resolveWindow(node, spatial, node.attrs["kernel_shape"] as readonly number[]);
    const two = (list: readonly number[], fill: number): number[] =>
      list.length === 1 ? [fill, ...list] : [...list];
    const y = GpuTensor.made(stream, x.elem, [...x.dims.slice(0, 2), ...window.output]);
    const params = [
      ...[two(spatial, 1), two(window.output, 1), two(window.kernel, 1), two(window.strides, 1)].flat(),
      ...[two(window.dilations, 1), two(window.padsBegin, 0), two(window.padsEnd, 0)].flat(),
      node.attrs["count_include_pad"] === 1 ? 1 : 0,
    ];
    stream.dispatch(shader, [x.bound(stream), y.bound(stream)], params, y.size);
    return [y];
  };
}

export const maxPool = pool(poolShader("MaxPool", "-3.4028234663852886e38", "larger(s, v)", "s"));
export const averagePool = pool(poolShader("AveragePool", "0.0", "s + v", "s / n"));

const normalizationShader: Shader = {
  label: "BatchNormalization",
  buffers: {
    x: "read f32",
    gain: "read f32",
    shift: "read f32",
    means: "read f32",
    variances: "read f32",
    y: "write f32",
  },
  params: ["channels", "plane", "epsilon_bits"],
  body: `  let c = (id / p.plane) % p.channels;
  let centred = x[id] - means[c];
  y[id] = centred / sqrt(variances[c] + bitcast<f32>(p.epsilon_bits)) * gain[c] + shift[c];`,
};

export const batchNormalization: Recorder = (inputs, node, stream) => {
  const x = inputs[0]!;
  if (node.outputs.length > 1 || node.attrs["training_mode"] === 1) return null;
  const y = GpuTensor.made(stream, x.elem, x.dims);
  const params = [x.dims[1] ?? 1, sizeOf(x.dims.slice(2)), bitsOf(floatAttr(node, "epsilon"))];
  const bound = [...inputs.slice(0, 5).map((t) => t!), y].map((t) => t.bound(stream));
  stream.dispatch(normalizationShader, bound, params, y.size);
  return [y];
};
