// WGSL for exp and log of binary64: those of @mpplan/formats, operation by operation, and so their bits.
import { elementaryConstants } from "@mpplan/formats";
import { Steps } from "./steps64.js";
import { literal, wordsOf } from "./words64.js";

const { ln2High, ln2Low, inverseLn2, expMost, expLeast, e, expTerms, logTerms } = elementaryConstants;

/**
 * Where k is 0 the original has shorter formulas, for the same results. The last step multiplies by 2^k and rounds
 * once. Registers: x, and a half with its sign.
 */
function exp(): string {
  const steps = new Steps(2);
  const { add, subtract, multiply, divide, fused, from, whole } = steps;
  const [x, half] = [0, 1];
  const one = steps.constant(1);
  const k = whole(fused(steps.constant(inverseLn2), x, half), x);
  const high = from(x, k, steps.constant(ln2High));
  const low = multiply(k, steps.constant(ln2Low));
  const r = subtract(high, low);
  const t = multiply(r, r);
  const c = from(r, t, steps.series(t, expTerms));
  const q = divide(multiply(r, c), subtract(steps.constant(2), c));
  subtract(one, subtract(subtract(low, q), high));
  const end = steps.at;
  add(one, x);
  return `${steps.wgsl("exp")}
fn exp64(x: vec2u) -> vec2u {
  let size = x.x & 0x7fffffffu;
  let negative = x.x != size;
  if (is_nan64(x)) { return vec2u(0x7ff80000u, 0u); }
  if (!negative && ${beyond("size", "x.y", expMost)}) { return vec2u(0x7ff00000u, 0u); }
  if (negative && ${beyond("size", "x.y", -expLeast)}) { return vec2u(0u, 0u); }
  if (x.x == 0x3ff00000u && x.y == 0u) { return ${literal(e)}; }
  exp_registers[${x}] = x;
  exp_registers[${half}] = vec2u((x.x - size) | 0x3fe00000u, 0u);
  let small = size < 0x3e300000u;
  let y = exp_steps(select(0u, ${end}u, small), select(${end}u, ${end + 1}u, small));
  if (small) { return y; }
  let n = parts64(y);
  return pack64(0u, n.e + toward_zero64(exp_registers[${k}]), n.m);
}`;
}

/** A positive number's words against a constant. */
function beyond(upper: string, lower: string, bound: number): string {
  const [high, low] = wordsOf(bound);
  return `(${upper} > ${high}u || (${upper} == ${high}u && ${lower} > ${low}u))`;
}

/**
 * Here too one formula serves for every k, but the rest has three: close to 1, where the terms of the second order are
 * half of f^2, and elsewhere. Registers: m = 1 + f, and k.
 */
function log(): string {
  const steps = new Steps(2);
  const { add, subtract, multiply, divide, fused, from, less } = steps;
  const [m, k] = [0, 1];
  const [half, one, two] = [0.5, 1, 2].map((x) => steps.constant(x)) as [number, number, number];
  const [third, high, low] = [0.3333333333333333, ln2High, ln2Low].map((x) => steps.constant(x));
  const series = (t: number, ...places: number[]): number =>
    steps.series(
      t,
      places.map((i) => logTerms[i]!),
    );
  /** f, and s and the sum of the series in it. */
  const quotient = (): [f: number, s: number, sum: number] => {
    const f = subtract(m, one);
    const s = divide(f, add(two, f));
    const z = multiply(s, s);
    const w = multiply(z, z);
    return [f, s, fused(z, series(w, 0, 2, 4, 6), multiply(w, series(w, 1, 3, 5)))];
  };
  /** Where a formula ends. */
  const end = (f: number, rest: number): number => {
    less(k, high!, subtract(rest, f));
    return steps.at;
  };

  const f = subtract(m, one);
  const order2 = multiply(multiply(f, f), from(half, third!, f));
  const close = end(f, from(order2, k, low!));
  const [g, s, sum] = quotient();
  const square = multiply(multiply(half, g), g);
  const terms = fused(s, add(square, sum), multiply(k, low!));
  const middle = end(g, subtract(square, terms));
  const [h, s2, sum2] = quotient();
  const far = end(h, less(s2, subtract(h, sum2), multiply(k, low!)));
  return `${steps.wgsl("log")}
fn log64(x: vec2u) -> vec2u {
  if (is_zero64(x)) { return vec2u(0xfff00000u, 0u); }
  if (is_nan64(x) || (x.x & 0x80000000u) != 0u) { return vec2u(0x7ff80000u, 0u); }
  if (is_infinite64(x)) { return x; }
  let n = parts64(x);
  let digits = (n.m.x >> 10u) & 0xfffffu;
  let above = (digits + 0x95f64u) & 0x100000u;
  log_registers[${k}] = from_count(n.e - 1023 + i32(above >> 20u));
  log_registers[${m}] = vec2u(digits | (above ^ 0x3ff00000u), (n.m.x << 22u) | (n.m.y >> 10u));
  var at = ${middle}u;
  var end = ${far}u;
  if (((2u + digits) & 0xfffffu) < 3u) {
    at = 0u;
    end = ${close}u;
  } else if (((i32(digits) - 0x6147a) | (0x6b851 - i32(digits))) > 0) {
    at = ${close}u;
    end = ${middle}u;
  }
  return log_steps(at, end);
}`;
}

export const elementary: readonly string[] = [exp(), log()];
