// WGSL of a sum in the device's own arithmetic, for plans that ask for at least a precision: binary32, or binary16 where
// the device has it and the planned format is narrow enough that its two roundings a step stay below the format's one.
import { formatNamed, maxFinite, minSubnormal } from "@mpplan/formats";
import { printAccumulator, resultFormat, type Accumulator } from "@mpplan/ir";
import { hasLoop } from "./loops.js";
import type { TileSteps } from "./quick.js";
import { orderOf, type Factors, type TermAccess } from "./sum.js";

export type NativeKind = "f16" | "f32";

/** Why no device arithmetic is at least that precise; null where some is. */
export function nativeProblem(a: Accumulator): string | null {
  const say = (why: string): string => `${why} (${printAccumulator(a)})`;
  if (a.order.kind === "aligned") return say("aligned sums are exact inside, which no device arithmetic is");
  for (const name of [a.format, resultFormat(a)]) {
    const format = formatNamed(name);
    // A product and a sum, each rounded to 24 bits, err by at most 2^-23; one rounding to 22 bits by 2^-22.
    const enough = format.precision <= 22 || (name === "binary32" && a.product === "f32-add");
    if (!enough) return say(`${name} sums, ${a.product}, are finer than the device's`);
  }
  return null;
}

/** The narrowest arithmetic of the device that is at least as precise as the accumulator. */
export function nativeKind(a: Accumulator, halves: boolean): NativeKind {
  const narrow = [a.format, resultFormat(a)]
    .map(formatNamed)
    .every(
      (format) => format.precision <= 10 && maxFinite(format) < 65504 && minSubnormal(format) >= 2 ** -24,
    );
  return halves && narrow ? "f16" : "f32";
}

/** The functions of `sumFunctions`, on the same bits. */
export function nativeFunctions(
  kind: NativeKind,
  a: Accumulator,
  terms: TermAccess,
  factors: Factors,
): string {
  return [steps[kind], orderOf(a, terms), nativeFinish(factors)].join("\n");
}

/** The same for tiles; null where an order needs more than two partial sums. */
export function nativeTile(kind: NativeKind, { order }: Accumulator): TileSteps | null {
  if (!hasLoop(order)) return null;
  const functions = `${steps[kind]}
fn tile_take(s: u32, w: u32, h: u32) -> u32 { return take(s, w, h); }
fn tile_add_outer(a: u32, b: u32) -> u32 { return add_outer(a, b); }
fn tile_sum(s: u32) -> u32 { return s; }`;
  return { functions, order, needs: null };
}

/** `finish(sum, bias)` in binary32. */
export function nativeFinish({ alpha, beta }: Factors): string {
  const float = (bits: string): string => `bitcast<f32>(${bits})`;
  const scaled = alpha ? `${float("p.alpha")} * ${float("sum")}` : float("sum");
  const term = beta ? `${float("p.beta")} * ${float("bias")}` : float("bias");
  return `fn finish(sum: u32, bias: u32) -> u32 { return bitcast<u32>(${scaled} + ${term}); }`;
}

const singleSteps = `fn take(s: u32, w: u32, h: u32) -> u32 {
  return bitcast<u32>(bitcast<f32>(s) + bitcast<f32>(w) * bitcast<f32>(h));
}
fn add_inner(a: u32, b: u32) -> u32 { return bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)); }`;

// What would overflow stays at the largest number, as narrow accumulators do.
const halfSteps = `fn half(x: f32) -> f16 { return f16(clamp(x, -65504.0, 65504.0)); }
fn take(s: u32, w: u32, h: u32) -> u32 {
  let sum = half(bitcast<f32>(s)) + half(bitcast<f32>(w) * bitcast<f32>(h));
  return bitcast<u32>(clamp(f32(sum), -65504.0, 65504.0));
}
fn add_inner(a: u32, b: u32) -> u32 {
  return bitcast<u32>(clamp(f32(half(bitcast<f32>(a)) + half(bitcast<f32>(b))), -65504.0, 65504.0));
}`;

const outerStep = "fn add_outer(a: u32, b: u32) -> u32 { return add_inner(a, b); }";

const steps: Readonly<Record<NativeKind, string>> = {
  f16: `${halfSteps}\n${outerStep}`,
  f32: `${singleSteps}\n${outerStep}`,
};
