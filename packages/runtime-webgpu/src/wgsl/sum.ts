// WGSL of one accumulator: `sum_terms(at, n)` over terms that `term_w(k)` and `term_h(k)` load, and `finish(s, bias)`.
// Everything between two roundings is what reference/accumulate.ts does, on bits.
import { formatNamed, type FloatFormat } from "@mpplan/formats";
import { printAccumulator, resultFormat, type Accumulator, type ProductRule } from "@mpplan/ir";
import { alignedProblem, alignedSum } from "./aligned.js";
import { formatProblem, isFarFromSubnormal, roundFunction } from "./round.js";
import { roundsWide, roundWideFunction } from "./round-wide.js";

/** Why the accumulator is left to another backend; null if it is not. */
export function problemWith(a: Accumulator): string | null {
  const say = (why: string): string => `${why} (${printAccumulator(a)})`;
  const why =
    formatProblem(formatNamed(a.format)) ??
    formatProblem(formatNamed(resultFormat(a))) ??
    alignedProblem(a.order);
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
  const inner = stageOf("inner", a, a.format);
  const outer = stageOf("outer", a, resultFormat(a));
  const own = inner.format.name === outer.format.name;
  return [
    roundings(inner),
    roundings(outer),
    `fn take(s: u32, w: u32, h: u32) -> u32 { return ${stepOf(inner)}; }`,
    `fn add_inner(a: u32, b: u32) -> u32 { return ${additionOf(inner, true)}; }`,
    // An outer sum adds what came in the inner format, which may be the wider one.
    `fn add_outer(a: u32, b: u32) -> u32 { return ${additionOf(outer, own)}; }`,
    `fn add_bias(a: u32, b: u32) -> u32 { return ${additionOf(outer, false)}; }`,
    ...(a.order.kind === "aligned"
      ? [`fn add_wide(s: u32, v: Wide) -> u32 { return ${wideAdditionOf(inner)}; }`]
      : []),
    orderOf(a, terms),
    finishOf(outer, factors),
  ].join("\n");
}

/** One of the two formats of a sum, with all that decides how its values are rounded. */
interface Stage extends Pick<Accumulator, "product" | "rounding" | "overflow"> {
  readonly name: "inner" | "outer";
  readonly format: FloatFormat;
  /** Exact values are rounded from all of their bits. */
  readonly wide: boolean;
}

function stageOf(name: Stage["name"], { product, rounding, overflow }: Accumulator, of: string): Stage {
  const format = formatNamed(of);
  return { name, format, product, rounding, overflow, wide: roundsWide(format, rounding) };
}

/** `round_<name>` of binary32 bits, and `round_wide_<name>` of an exact value where that takes more than they hold. */
function roundings({ name, format, rounding, overflow, wide }: Stage): string {
  const whole = wide ? [roundWideFunction(`round_wide_${name}`, format, overflow, rounding)] : [];
  const short =
    rounding === "stochastic"
      ? `fn round_${name}(u: u32) -> u32 { return round_wide_${name}(wide_of(u)); }`
      : roundFunction(`round_${name}`, format, overflow, rounding);
  return [...whole, short].join("\n");
}

const viaBinary32 = (product: ProductRule): boolean => product === "fma-f32" || product === "f32-add";

/** An exact value of binary32 operands goes to the format through binary32: to odd, where that is not the format. */
const throughOdd = (format: FloatFormat): string => (format.precision === 24 ? "false" : "true");

/** R(a b + c) of the exact value. */
function exactly({ name, format, wide }: Stage, a: string, b: string, c: string): string {
  if (wide) return `round_wide_${name}(wide_add(wide_product(${a}, ${b}), ${c}))`;
  return `round_${name}(exact_fma(${a}, ${b}, ${c}, ${throughOdd(format)}))`;
}

/**
 * True where the device may flush what is subnormal: it is far below half a place of any sum, and next to zero rounds
 * to zero, to nearest and toward zero. Stochastic rounding may take it up.
 */
const mayFlush = ({ format, rounding }: Stage): boolean =>
  isFarFromSubnormal(format) && rounding !== "stochastic";

function stepOf(stage: Stage): string {
  const { product, format, name } = stage;
  const [multiply, add] = mayFlush(stage) ? ["multiply_coarse", "add_coarse"] : ["multiply", "add"];
  switch (product) {
    case "f32-add":
      return `round_${name}(${add}(s, ${multiply}(w, h)))`;
    case "fma-f32":
      return `round_${name}(exact_fma(w, h, s, false))`;
    case "fma":
      return exactly(stage, "w", "h", "s");
    case "rounded":
      if (format.precision === 24 && !stage.wide) return `add_inner(s, round_${name}(multiply(w, h)))`;
      return `add_inner(s, ${exactly(stage, "w", "h", "0u")})`;
    default:
      return product satisfies never;
  }
}

/** R(a + b), through binary32 where the product rule goes that way; `own`: both are numbers of the format. */
function additionOf(stage: Stage, own: boolean): string {
  const { product, format, rounding, name } = stage;
  // For p <= 11, rounding a sum of two numbers of the format to 24 bits first is harmless: 24 >= 2p + 2.
  const harmless =
    rounding === "nearest-even" && (format.precision === 24 || (own && format.precision <= 11));
  if (!viaBinary32(product) && !harmless) return exactly(stage, "a", "0x3f800000u", "b");
  // A term from outside may be subnormal, and cancel nothing: what it is is rounded away.
  return mayFlush(stage) ? `round_${name}(add_coarse(a, b))` : `round_${name}(add(a, b))`;
}

/** R(s + v) of an exact v. */
function wideAdditionOf({ product, format, name, wide }: Stage): string {
  const sum = "wide_add(v, s)";
  if (viaBinary32(product)) return `round_${name}(narrowed(${sum}, false))`;
  return wide ? `round_wide_${name}(${sum})` : `round_${name}(narrowed(${sum}, ${throughOdd(format)}))`;
}

export function orderOf({ order }: Accumulator, terms: TermAccess): string {
  const { w, h } = terms;
  const step = `s = take(s, ${w}, ${h});`;
  switch (order.kind) {
    case "sequential":
      return `fn sum_terms(n: u32) -> u32 {
  var s = 0u;
  for (var k = 0u; k < n; k++) { ${step} }
  return s;
}`;
    case "blocked":
    case "chunked": {
      const size = order.kind === "blocked" ? order.block : order.chunk;
      return `fn sum_terms(n: u32) -> u32 {
  var outer = 0u;
  var k = 0u;
  while (k < n) {
    let end = min(n, k + ${size}u);
    var s = 0u;
    for (; k < end; k++) { ${step} }
    outer = add_outer(outer, s);
  }
  return outer;
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
      return alignedSum(order, terms);
    default:
      return order satisfies never;
  }
}

/** alpha and beta are binary32 bits in the parameters. */
function finishOf(outer: Stage, { alpha, beta }: Factors): string {
  const scaled = viaBinary32(outer.product)
    ? "round_outer(multiply(p.alpha, sum))"
    : exactly(outer, "p.alpha", "sum", "0u");
  return `fn finish(sum: u32, bias: u32) -> u32 {
  let s = ${alpha ? scaled : "sum"};
  let term = ${beta ? "multiply(p.beta, bias)" : "bias"};
  if ((term & 0x7fffffffu) == 0u) { return s; }
  return add_bias(s, term);
}`;
}
