// Carries out one sum in an emulated accumulator, step by step. Every faster backend must match it bit for bit.
import {
  compileRound,
  fmaToOdd,
  formatNamed,
  roundingConstants,
  roundNearestEven,
  seededRandom,
  sumToOdd,
  type RandomSource,
  type RoundingConstants,
} from "@mpplan/formats";
import { resultFormat, type Accumulator } from "@mpplan/ir";

/** The sum of w[from + k] x h[k] for k < n, from zero. */
type Run = (w: Float64Array, wFrom: number, h: Float64Array, hFrom: number, n: number) => number;

/** One accumulator, ready to sum. Operands must be binary32 values: then every product is exact in binary64. */
export interface SumEngine {
  /** The sum of n products, before any bias, in the accumulator's result format. */
  sum: Run;
  /** Scales a finished sum and adds a term to it (a bias, or a Gemm's C): each with one rounding. */
  finish(sum: number, alpha: number, beta: number, bias: number): number;
  /** Starts the random sequence of one component; only stochastic rounding takes notice. */
  seed(component: number): void;
}

/** Prepares an accumulator. `seed` starts the random sequences of stochastic rounding. */
export function createSumEngine(accumulator: Accumulator, seed = 0): SumEngine {
  let random: RandomSource = seededRandom(seed);
  const next: RandomSource = () => random();
  const inner = createAdder(accumulator, accumulator.format, next);
  const outer = createAdder(accumulator, resultFormat(accumulator), next);
  return {
    sum: createSum(accumulator, inner, outer),
    finish(sum, alpha, beta, bias) {
      const scaled = alpha === 1 ? sum : outer.add(0, alpha * sum);
      const term = beta * bias;
      return term === 0
        ? scaled
        : outer.add(scaled, accumulator.format === "binary64" ? term : Math.fround(term));
    },
    seed(component) {
      if (accumulator.rounding === "stochastic")
        random = seededRandom(seed + Math.imul(component + 1, 0x9e3779b1));
    },
  };
}

/** The two primitive steps of a format: a run of multiply-adds from zero, and one addition. */
interface Adder {
  run: Run;
  add(a: number, b: number): number;
}

function createSum({ order }: Accumulator, inner: Adder, outer: Adder): Run {
  switch (order.kind) {
    case "sequential":
      return inner.run;
    case "blocked":
      return inBlocks(order.block, inner, outer);
    case "chunked":
      return inBlocks(order.chunk, inner, outer);
    case "pairwise":
      return pairwise(inner);
    case "aligned":
      return aligned(order.group, order.bits, inner);
    default:
      return order satisfies never;
  }
}

/** `size` steps from zero, then one addition to the running outer sum. */
const inBlocks =
  (size: number, inner: Adder, outer: Adder): Run =>
  (w, wFrom, h, hFrom, n) => {
    let sum = 0;
    for (let k = 0; k < n; k += size) {
      sum = outer.add(sum, inner.run(w, wFrom + k, h, hFrom + k, Math.min(size, n - k)));
    }
    return sum;
  };

/** A binary tree over the terms; the left part has the largest power of two of terms below n. */
const pairwise = (inner: Adder): Run => {
  const tree: Run = (w, wFrom, h, hFrom, n) => {
    if (n < 2) return inner.run(w, wFrom, h, hFrom, n);
    const left = 2 ** (31 - Math.clz32(n - 1));
    return inner.add(tree(w, wFrom, h, hFrom, left), tree(w, wFrom + left, h, hFrom + left, n - left));
  };
  return tree;
};

/**
 * A model of matrix units: `group` exact products are cut toward zero below `bits` significant bits of the
 * largest among them, and what is left is summed exactly, then added to the running sum.
 */
const aligned =
  (group: number, bits: number, inner: Adder): Run =>
  (w, wFrom, h, hFrom, n) => {
    let sum = 0;
    for (let k = 0; k < n; k += group) {
      const end = Math.min(k + group, n);
      let largest = 0;
      for (let i = k; i < end; i++) largest = Math.max(largest, Math.abs(w[wFrom + i]! * h[hFrom + i]!));
      if (!(largest < Infinity)) {
        for (let i = k; i < end; i++) sum += w[wFrom + i]! * h[hFrom + i]!;
        sum = inner.add(0, sum);
        continue;
      }
      if (largest === 0) continue;
      const unit = 2 ** (Math.floor(exactLog2(largest)) - bits + 1);
      let exact = 0;
      // At most 40 bits and 2^13 terms: multiples of the unit add up exactly in binary64.
      for (let i = k; i < end; i++) exact += Math.trunc((w[wFrom + i]! * h[hFrom + i]!) / unit) * unit;
      sum = inner.add(sum, exact);
    }
    return sum;
  };

/** log2, corrected where Math.log2 rounds up to an integer from below. */
function exactLog2(x: number): number {
  const log = Math.log2(x);
  return 2 ** Math.floor(log) > x ? Math.floor(log) - 1 : log;
}

function createAdder(accumulator: Accumulator, formatName: string, random: RandomSource): Adder {
  const { product, rounding, overflow } = accumulator;
  const format = formatNamed(formatName);
  if (rounding !== "nearest-even") return createGeneralAdder(accumulator, formatName, random);
  const c = roundingConstants(format, overflow);
  // binary64 sums are binary64's own: the other rules would round them to binary32 on the way.
  if (format.carrier) {
    const add = (a: number, b: number): number => roundNearestEven(a + b, c);
    return { run: roundedRun(c), add };
  }
  const round = (x: number): number => roundNearestEven(x, c);
  switch (product) {
    case "fma":
      return { run: fmaRun(c), add: (a, b) => round(sumToOdd(a, b)) };
    case "fma-f32":
      return { run: fma32Run(c), add: (a, b) => round(Math.fround(sumToOdd(a, b))) };
    case "rounded":
      return { run: roundedRun(c), add: (a, b) => round(sumToOdd(a, b)) };
    case "f32-add":
      return { run: f32AddRun(c), add: (a, b) => round(Math.fround(sumToOdd(a, b))) };
    default:
      return product satisfies never;
  }
}

// The four product rules, each a loop of its own so that the engine can inline the rounding.

/** s = R(s + w h) */
const fmaRun =
  (c: RoundingConstants): Run =>
  (w, wFrom, h, hFrom, n) => {
    let s = 0;
    for (let k = 0; k < n; k++) s = roundNearestEven(fmaToOdd(w[wFrom + k]!, h[hFrom + k]!, s), c);
    return s;
  };

/** s = R(fl32(s + w h)) */
const fma32Run =
  (c: RoundingConstants): Run =>
  (w, wFrom, h, hFrom, n) => {
    let s = 0;
    for (let k = 0; k < n; k++)
      s = roundNearestEven(Math.fround(fmaToOdd(w[wFrom + k]!, h[hFrom + k]!, s)), c);
    return s;
  };

/** s = R(s + R(w h)) */
const roundedRun =
  (c: RoundingConstants): Run =>
  (w, wFrom, h, hFrom, n) => {
    let s = 0;
    for (let k = 0; k < n; k++)
      s = roundNearestEven(s + roundNearestEven(w[wFrom + k]! * h[hFrom + k]!, c), c);
    return s;
  };

/** s = R(fl32(s + fl32(w h))) */
const f32AddRun =
  (c: RoundingConstants): Run =>
  (w, wFrom, h, hFrom, n) => {
    let s = 0;
    for (let k = 0; k < n; k++) {
      s = roundNearestEven(Math.fround(s + Math.fround(w[wFrom + k]! * h[hFrom + k]!)), c);
    }
    return s;
  };

/** Toward zero and stochastic: the same formulas, any rounding, from sums rounded to odd so that none rounds twice. */
function createGeneralAdder(
  { product, rounding, overflow }: Accumulator,
  format: string,
  random: RandomSource,
): Adder {
  const round = compileRound(formatNamed(format), { rounding, overflow, random });
  const step = (s: number, w: number, h: number): number => {
    switch (product) {
      case "fma":
        return round(fmaToOdd(w, h, s));
      case "fma-f32":
        return round(Math.fround(fmaToOdd(w, h, s)));
      case "rounded":
        return round(sumToOdd(s, round(w * h)));
      case "f32-add":
        return round(Math.fround(s + Math.fround(w * h)));
      default:
        return product satisfies never;
    }
  };
  const viaBinary32 = product === "fma-f32" || product === "f32-add";
  return {
    run(w, wFrom, h, hFrom, n) {
      let s = 0;
      for (let k = 0; k < n; k++) s = step(s, w[wFrom + k]!, h[hFrom + k]!);
      return s;
    },
    add: (a, b) => round(viaBinary32 ? Math.fround(sumToOdd(a, b)) : sumToOdd(a, b)),
  };
}
