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
function unaryShader(label: string, expression: string): Shader {
  return {
    label,
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

type Factors = (node: Node) => readonly [number, number];
const none: Factors = () => [0, 0];

export function unary(label: string, expression: string, factors: Factors = none): Recorder {
  const shader = unaryShader(label, expression);
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
