// One number in, one number out; and two with broadcasting.
import { floatAttr, sizeOf, type Node } from "@mpplan/ir";
import type { Shader } from "../shader.js";
import { GpuTensor } from "../tensor.js";
import { bitsOf } from "../wgsl/round.js";
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

/** `expression` of v, and of the two numbers a and b that the node gives. NaN is told by its bits. */
function unaryShader(label: string, expression: string, functions = ""): Shader {
  return {
    label,
    functions,
    buffers: { x: "read u32", y: "write f32" },
    params: ["a_bits", "b_bits"],
    body: `  let u = x[id];
  let v = bitcast<f32>(u);
  let a = bitcast<f32>(p.a_bits);
  let b = bitcast<f32>(p.b_bits);
  let is_nan = (u & 0x7fffffffu) > 0x7f800000u;
  y[id] = ${expression};`,
  };
}

export type Factors = (node: Node) => readonly [number, number];
const none: Factors = () => [0, 0];

interface Unary {
  readonly factors?: Factors;
  /** What the expression calls. */
  readonly functions?: string;
}

export function unary(
  label: string,
  expression: string,
  { factors = none, functions }: Unary = {},
): Recorder {
  const shader = unaryShader(label, expression, functions);
  return ([x], node, stream) => mapped(shader, x!, factors(node), stream);
}

function mapped(
  shader: Shader,
  x: GpuTensor,
  factors: readonly number[],
  stream: Parameters<Recorder>[2],
): GpuTensor[] {
  const y = GpuTensor.made(stream, x.elem, x.dims);
  stream.dispatch(shader, [x.bound(stream), y.bound(stream)], factors.map(bitsOf), y.size);
  return [y];
}

const clipShader = unaryShader(
  "Clip",
  "select(select(select(v, a, v < a), b, select(v, a, v < a) > b), v, is_nan)",
);

/** Bounds are numbers on the host; without one, none. */
export const clip: Recorder = ([x, low, high], _node, stream) => {
  const [a, b] = [low ? hostNumbers(low) : [-Infinity], high ? hostNumbers(high) : [Infinity]];
  return a && b ? mapped(clipShader, x!, [a[0]!, b[0]!], stream) : null;
};

export const alphaBeta: Factors = (node) => [floatAttr(node, "alpha"), floatAttr(node, "beta")];
export const alphaOnly: Factors = (node) => [floatAttr(node, "alpha"), 0];

export function binary(label: string, expression: string, functions = ""): Recorder {
  const shader: Shader = {
    label,
    buffers: { x: "read f32", z: "read f32", y: "write f32" },
    params: [...axisNames("d"), ...axisNames("a"), ...axisNames("b")],
    functions,
    body: `${walk({ at_a: "a", at_b: "b" })}
  let a = x[at_a];
  let b = z[at_b];
  y[id] = ${expression};`,
  };
  return (inputs, node, stream) => {
    const [x, z] = [inputs[0]!, inputs[1]!];
    const [dims] = outputDims(inputs, node)!;
    if (dims!.length > mostAxes) return null;
    const y = GpuTensor.made(stream, x.elem, dims!);
    const params = [...axes(dims!, 1), ...stretched(x.dims), ...stretched(z.dims)];
    stream.dispatch(
      shader,
      [x, z, y].map((t) => t.bound(stream)),
      params,
      sizeOf(dims!),
    );
    return [y];
  };
}

/**
 * `larger(a, b)` and `smaller(a, b)`: NaN if one of them is, which WGSL's own may drop. Numbers are compared by their
 * bits: a device may take subnormal numbers for zero.
 */
export const extremes = `
fn is_nan(v: f32) -> bool { return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u; }
fn rank_of(v: f32) -> u32 {
  let u = bitcast<u32>(v);
  return select(u | 0x80000000u, ~u, (u >> 31u) == 1u);
}
fn larger(a: f32, b: f32) -> f32 { return select(b, a, is_nan(a) || (!is_nan(b) && rank_of(a) > rank_of(b))); }
fn smaller(a: f32, b: f32) -> f32 { return select(b, a, is_nan(a) || (!is_nan(b) && rank_of(a) < rank_of(b))); }`;

export const max = variadic(binary("Max", "larger(a, b)", extremes));
export const min = variadic(binary("Min", "smaller(a, b)", extremes));
export const sum = variadic(binary("Sum", "a + b"));

const quotient = unary("Mean", "v / a", { factors: (node) => [node.inputs.length, 0] });

export const mean: Recorder = (inputs, node, stream) => {
  const total = sum(inputs, node, stream);
  const result = total && quotient(total, node, stream);
  total?.forEach((t) => t.free(stream));
  return result;
};

/** One tensor after the other. */
function variadic(both: Recorder): Recorder {
  return ([first, ...others], node, stream) => {
    let result = first!.shared(first!.dims);
    for (const t of others) {
      const next = both([result, t], node, stream);
      result.free(stream);
      if (!next) return null;
      result = next[0]!;
    }
    return [result];
  };
}

const whereShader: Shader = {
  label: "Where",
  buffers: { chosen: "read u32", x: "read u32", z: "read u32", y: "write u32" },
  params: ["d", "c", "a", "b"].flatMap(axisNames),
  body: `${walk({ at_c: "c", at_a: "a", at_b: "b" })}
  var u = z[at_b];
  if (chosen[at_c] != 0u) { u = x[at_a]; }
  y[id] = u;`,
};

/** Conditions on the GPU, which live as long as their handles. */
const conditions = new WeakMap<GpuTensor, GPUBuffer>();

/** By a condition that is on the host. */
export const where: Recorder = (inputs, node, stream) => {
  const [condition, x, z] = [inputs[0]!, inputs[1]!, inputs[2]!];
  const chosen = condition.onHostNow();
  const dims = outputDims(inputs, node)?.[0];
  if (!chosen || !dims || dims.length > mostAxes) return null;
  let buffer = conditions.get(condition);
  if (!buffer) {
    buffer = stream.upload(Uint32Array.from(chosen.data as Uint8Array));
    condition.attach(buffer);
    conditions.set(condition, buffer);
  }
  const y = GpuTensor.made(stream, x.elem, dims);
  const params = [axes(dims, 1), ...[condition, x, z].map((t) => stretched(t.dims))].flat();
  const bound = [{ buffer, bytes: condition.size * 4 }, ...[x, z, y].map((t) => t.bound(stream))];
  stream.dispatch(whereShader, bound, params, y.size);
  return [y];
};

/** Strides that stand still along axes of size 1. */
function stretched(dims: readonly number[]): number[] {
  const strides = stridesOf(dims);
  return axes(
    strides.map((stride, i) => (dims[i] === 1 ? 0 : stride)),
    0,
  );
}

/** WGSL's pow knows no negative base; small whole exponents are products. */
export const powFunction = `
fn power(a: f32, b: f32) -> f32 {
  if (b == 2.0) { return a * a; }
  if (b == 1.0) { return a; }
  if (b == 0.5) { return sqrt(a); }
  if (b == 3.0) { return a * a * a; }
  let size = pow(abs(a), b);
  if (a >= 0.0) { return size; }
  let whole = floor(b) == b;
  let odd = whole && floor(b * 0.5) * 2.0 != b;
  return select(bitcast<f32>(0x7fc00000u | (p.d0 * 0u)), select(size, -size, odd), whole);
}`;
