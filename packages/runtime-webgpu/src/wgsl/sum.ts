// WGSL of one accumulator: `sum_terms(n)` over terms that it is told how to load, and `finish(s, bias)`. Everything between
// two roundings is what reference/accumulate.ts does, on bits.
import { formatNamed } from "@mpplan/formats";
import { printAccumulator, resultFormat, type Accumulator } from "@mpplan/ir";
import { alignedProblem, alignedSum } from "./aligned.js";
import { sumIn, termLoop } from "./loops.js";
import { formatProblem } from "./round.js";
import {
  additionOf,
  exactly,
  roundings,
  stageOf,
  stepOf,
  viaBinary32,
  wideAdditionOf,
  type Stage,
} from "./steps.js";

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
  const inner = stageOf("inner", a);
  const outer = stageOf("outer", a);
  const own = inner.format.name === outer.format.name;
  return [
    roundings(inner),
    `fn take(s: u32, w: u32, h: u32) -> u32 { return ${stepOf(inner)}; }`,
    `fn add_inner(a: u32, b: u32) -> u32 { return ${additionOf(inner, true)}; }`,
    // An outer sum adds what came in the inner format, which may be the wider one.
    `fn add_outer(a: u32, b: u32) -> u32 { return ${additionOf(outer, own)}; }`,
    ...(a.order.kind === "aligned"
      ? [`fn add_wide(s: u32, v: Wide) -> u32 { return ${wideAdditionOf(inner)}; }`]
      : []),
    orderOf(a, terms),
    finishFunctions(a, factors),
  ].join("\n");
}

/** Function `finish(sum, bias)` alone, for sums that were made elsewhere. */
export function finishFunctions(a: Accumulator, factors: Factors): string {
  const outer = stageOf("outer", a);
  return [
    roundings(outer),
    `fn add_bias(a: u32, b: u32) -> u32 { return ${additionOf(outer, false)}; }`,
    finishOf(outer, factors),
  ].join("\n");
}

export function orderOf({ order }: Accumulator, terms: TermAccess): string {
  const { w, h } = terms;
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
