// Functions that WGSL lacks, in binary32, and what is made of them.
import { floatAttr, stringAttr } from "@mpplan/ir";
import type { Recorder } from "./define.js";
import { alphaOnly, unary, type Factors } from "./elementwise.js";

/** exp(v) - 1: near 0 by Taylor's series, where the difference would cancel. */
const expm1 = `
fn expm1(v: f32) -> f32 {
  if (abs(v) > 0.5) { return exp(v) - 1.0; }
  var sum = 1.0;
  for (var n = 10.0; n > 1.5; n = n - 1.0) { sum = 1.0 + sum * v / n; }
  return v * sum;
}`;

/** ln(1 + e) for e from 0 to 1: where e is small by the series. */
const log1p = `
fn log1p(e: f32) -> f32 {
  if (e > 0.05) { return log(1.0 + e); }
  return e * (1.0 - e * (0.5 - e * (0.33333333 - e * (0.25 - e * 0.2))));
}`;

/**
 * 1 - erf(z) for z from 0.5 by the Chebyshev fit of Press et al., Numerical Recipes in C, 6.2, within 1.2e-7 of the value;
 * nearer 0 erf by its series.
 */
const erf = `
fn erfc_tail(z: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * z);
  let a = -0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))));
  return t * exp(-z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * a))));
}
fn erf_core(v: f32) -> f32 {
  let t = v * v;
  let a = 0.0046296296 - t * (0.00075757576 - t * 0.00010683761);
  return 1.1283792 * v * (1.0 - t * (0.33333333 - t * (0.1 - t * (0.023809524 - t * a))));
}
fn erf(v: f32) -> f32 {
  let z = abs(v);
  if (z < 0.5) { return erf_core(v); }
  return sign(v) * (1.0 - erfc_tail(z));
}
fn erfc(v: f32) -> f32 {
  let z = abs(v);
  if (z < 0.5) { return 1.0 - erf_core(v); }
  return select(erfc_tail(z), 2.0 - erfc_tail(z), v < 0.0);
}`;

export const logistic = `
fn logistic(v: f32) -> f32 {
  let e = exp(-abs(v));
  return select(1.0, e, v < 0.0) / (1.0 + e);
}`;

const alphaGamma: Factors = (node) => [floatAttr(node, "alpha"), floatAttr(node, "gamma")];

const geluErf = unary("Gelu", "0.5 * v * erfc(v * -0.70710678)", { functions: erf });
// (1 + tanh(u)) / 2 is logistic(2 u), which does not cancel.
const geluTanh = unary("Gelu, tanh", "v * logistic(1.5957691 * (v + 0.044715 * v * v * v))", {
  functions: logistic,
});

export const elu = unary("Elu", "select(v, a * expm1(v), v < 0.0)", { factors: alphaOnly, functions: expm1 });
export const erfOf = unary("Erf", "erf(v)", { functions: erf });
export const gelu: Recorder = (inputs, node, stream) =>
  (stringAttr(node, "approximate") === "tanh" ? geluTanh : geluErf)(inputs, node, stream);
export const selu = unary("Selu", "b * select(a * expm1(v), v, v > 0.0)", {
  factors: alphaGamma,
  functions: expm1,
});
export const softplus = unary("Softplus", "max(v, 0.0) + log1p(exp(-abs(v)))", { functions: log1p });
