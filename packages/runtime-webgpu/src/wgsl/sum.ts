// WGSL of one accumulator: `sum_terms(at, n)` over terms that `term_w(k)` and `term_h(k)` load, and `finish(s, bias)`.
// Everything between two roundings is what reference/accumulate.ts does, on bits.
import { formatNamed, type FloatFormat } from "@mpplan/formats";
import { printAccumulator, resultFormat, type Accumulator, type ProductRule } from "@mpplan/ir";
import { sumIn, termLoop } from "./loops.js";
import { formatProblem, isFarFromSubnormal, roundFunction } from "./round.js";

/** Why the accumulator is left to another backend; null if it is not. */
export function problemWith(a: Accumulator): string | null {
  const say = (why: string): string => `${why} (${printAccumulator(a)})`;
  if (a.rounding !== "nearest-even") return say(`sums rounded ${a.rounding} have no shader`);
  if (a.order.kind === "aligned") return say("aligned sums have no shader");
  const why = formatProblem(formatNamed(a.format)) ?? formatProblem(formatNamed(resultFormat(a)));
  return why && say(why);
}

/** What WGSL must be given of a problem: expressions for the operands of term k, as bits. */
export interface TermAccess {
  readonly w: string;
  readonly h: string;
}

/** Which of a Gemm's factors are not 1. */
export interface Factors {
  readonly alpha: boolean;
  readonly beta: boolean;
}

/**
 * Functions `sum_terms(n)`, in the accumulator's result format, and `finish`. They read `p.zero`, and whatever `terms`
 * reads; `terms` may use k and what `declarations` declares at module scope.
 */
export function sumFunctions(a: Accumulator, terms: TermAccess, factors: Factors): string {
  const inner = formatNamed(a.format);
  const outer = formatNamed(resultFormat(a));
  return [
    roundFunction("round_inner", inner, a.overflow),
    `fn take(s: u32, w: u32, h: u32) -> u32 { return ${stepOf(a.product, inner)}; }`,
    `fn add_inner(a: u32, b: u32) -> u32 { return ${additionOf(a.product, inner, "round_inner", true)}; }`,
    // An outer sum adds what came in the inner format, which may be the wider one.
    `fn add_outer(a: u32, b: u32) -> u32 { return ${additionOf(a.product, outer, "round_outer", inner.name === outer.name)}; }`,
    orderOf(a, terms),
    finishFunctions(a, factors),
  ].join("\n");
}

/** Function `finish(sum, bias)` alone, for sums that were made elsewhere. */
export function finishFunctions(a: Accumulator, factors: Factors): string {
  const outer = formatNamed(resultFormat(a));
  return [
    roundFunction("round_outer", outer, a.overflow),
    `fn add_bias(a: u32, b: u32) -> u32 { return ${additionOf(a.product, outer, "round_outer", false)}; }`,
    finishOf(a.product, outer, factors),
  ].join("\n");
}

const viaBinary32 = (product: ProductRule): boolean => product === "fma-f32" || product === "f32-add";

/** An exact value of binary32 operands rounded once to the format: to odd first where that is not binary32 itself. */
const once = (format: FloatFormat): string => (format.precision === 24 ? "false" : "true");

function stepOf(product: ProductRule, format: FloatFormat): string {
  const [multiply, add] = isFarFromSubnormal(format)
    ? ["multiply_coarse", "add_coarse"]
    : ["multiply", "add"];
  switch (product) {
    case "f32-add":
      return `round_inner(${add}(s, ${multiply}(w, h)))`;
    case "fma-f32":
      return "round_inner(exact_fma(w, h, s, false))";
    case "fma":
      return `round_inner(exact_fma(w, h, s, ${once(format)}))`;
    case "rounded":
      if (format.precision === 24) return "add_inner(s, round_inner(multiply(w, h)))";
      return "add_inner(s, round_inner(exact_fma(w, h, 0u, true)))";
    default:
      return product satisfies never;
  }
}

/** True where a + b may be rounded to binary32 before it is rounded to the format; `own`: both are numbers of it. */
export function addsThroughBinary32(product: ProductRule, { precision }: FloatFormat, own: boolean): boolean {
  // For p <= 11, rounding a sum of two numbers of the format to 24 bits first is harmless: 24 >= 2p + 2.
  return viaBinary32(product) || precision === 24 || (own && precision <= 11);
}

/** R(a + b), through binary32 where the product rule goes that way; `own`: both are numbers of the format. */
function additionOf(product: ProductRule, format: FloatFormat, round: string, own: boolean): string {
  if (!addsThroughBinary32(product, format, own)) return `${round}(exact_fma(a, 0x3f800000u, b, true))`;
  // A term from outside may be subnormal, and cancel nothing: what it is is rounded away.
  return isFarFromSubnormal(format) ? `${round}(add_coarse(a, b))` : `${round}(add(a, b))`;
}

export function orderOf({ order }: Accumulator, { w, h }: TermAccess): string {
  const step = `s = take(s, ${w}, ${h});`;
  switch (order.kind) {
    case "sequential":
    case "blocked":
    case "chunked": {
      const component = { name: "", w, h };
      return `fn sum_terms(n: u32) -> u32 {
${termLoop(order, "n", [component])}
  return ${sumIn(order, component)};
}`;
    }
    case "pairwise":
      // A tree whose left parts are powers of two: equal parts merge as a binary counter carries, the rest at the end.
      return `fn sum_terms(n: u32) -> u32 {
  var parts: array<u32, 32>;
  var depth = 0u;
  for (var k = 0u; k < n; k++) {
    var s = 0u;
    ${step}
    for (var carry = k; (carry & 1u) == 1u; carry = carry >> 1u) {
      depth = depth - 1u;
      s = add_inner(parts[depth], s);
    }
    parts[depth] = s;
    depth = depth + 1u;
  }
  if (depth == 0u) { return 0u; }
  var total = parts[depth - 1u];
  for (var i = depth - 1u; i > 0u; i--) { total = add_inner(parts[i - 1u], total); }
  return total;
}`;
    case "aligned":
      throw new Error("internal: aligned sums have no shader");
    default:
      return order satisfies never;
  }
}

/** alpha and beta are binary32 bits in the parameters. */
function finishOf(product: ProductRule, outer: FloatFormat, { alpha, beta }: Factors): string {
  const scaled = viaBinary32(product)
    ? "multiply(p.alpha, sum)"
    : `exact_fma(p.alpha, sum, 0u, ${once(outer)})`;
  return `fn finish(sum: u32, bias: u32) -> u32 {
  let s = ${alpha ? `round_outer(${scaled})` : "sum"};
  let term = ${beta ? "multiply(p.beta, bias)" : "bias"};
  if ((term & 0x7fffffffu) == 0u) { return s; }
  return add_bias(s, term);
}`;
}
