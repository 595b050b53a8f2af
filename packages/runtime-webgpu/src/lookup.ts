// Run-time tests as tables: for every number of the low format, and every scale that its neurons have, a rank; a
// component is computed again where the rank reaches its neuron's limit.
import { formatNamed, maxFinite, minSubnormal, type FloatFormat } from "@mpplan/formats";
import { activationNamed, resultFormat, type Accumulator, type RecomputeTest } from "@mpplan/ir";
import { prepareTest } from "@mpplan/runtime";
import { bitsOf } from "./wgsl/round.js";
import { testKinds, testWords, type CodeBits } from "./wgsl/recompute.js";

/** A neuron whose choice is dynamic. */
export interface Tested {
  readonly test: RecomputeTest;
  /** Counted from the start of its range. */
  readonly neuronInRange: number;
  /** The exponent of its scale. */
  readonly exponent: number;
}

export interface TestTables {
  readonly ranks: Uint32Array;
  /** `testWords` per neuron. */
  readonly words: Uint32Array;
}

/** More codes than this are no table. */
const mostCodes = 2 ** 18;

/** Why a test on sums of that accumulator has no table; null where it has one. */
export function testProblem(
  test: RecomputeTest,
  low: Accumulator,
  exponents: readonly number[],
): string | null {
  if (test.rule === "random") return null;
  if (test.rule === "softmax" || test.rule === "kappa-full")
    return `the run-time test ${test.rule} needs more than a component's own low value`;
  const format = formatNamed(resultFormat(low));
  const codes = 2 * codeBits(format).count;
  const [least, most] = [Math.log2(minSubnormal(format)), Math.log2(maxFinite(format))];
  if (exponents.some((e) => e !== 0 && (least - e < -126 || most - e > 127)))
    return `scaled back, ${format.name} sums leave binary32's normal numbers before they are tested`;
  return codes > mostCodes
    ? `a run-time test on ${format.name} sums would take a table of ${codes} numbers`
    : null;
}

/** How the numbers of a format are counted by their binary32 bits. */
export function codeBits(format: FloatFormat): CodeBits {
  const drop = 24 - format.precision;
  const least = bitsOf(minSubnormal(format)) >>> drop;
  // In binary32 the subnormal numbers of most formats are normal ones with fewer bits: some codes stand for no number.
  return {
    drop,
    least: Math.max(least, 1),
    count: (bitsOf(maxFinite(format)) >>> drop) - Math.max(least, 1) + 3,
  };
}

/** The tests of some neurons, whose low sums are in one format. */
export function testTables(format: FloatFormat, neurons: readonly Tested[]): TestTables {
  const ranks: number[] = [];
  const known = new Map<string, { at: number; limits: (threshold: number) => number }>();
  const numbers = numbersOf(codeBits(format));
  const words = new Uint32Array(neurons.length * testWords);
  for (const [i, { test, neuronInRange, exponent }] of neurons.entries()) {
    const key = JSON.stringify([{ ...test, thresholds: 0, share: 0, seed: 0 }, exponent]);
    let table = known.get(key);
    if (!table && test.rule !== "random") {
      const made = ranksFor(test as Ranked, numbers, 2 ** -exponent);
      table = { at: ranks.length, limits: made.limit };
      for (const rank of made.ranks) ranks.push(rank);
      known.set(key, table);
    }
    words.set(wordsFor(test, table, neuronInRange), i * testWords);
  }
  return { ranks: Uint32Array.from(ranks.length > 0 ? ranks : [0]), words };
}

function wordsFor(
  test: RecomputeTest,
  table: { at: number; limits: (threshold: number) => number } | undefined,
  neuronInRange: number,
): number[] {
  switch (test.rule) {
    case "kappa":
      return [testKinds.table, table!.at, 1, 0];
    case "contribution":
      return [testKinds.table, table!.at, table!.limits(test.thresholds[neuronInRange]!), 0];
    case "random":
      return [testKinds.random, 0, drawsBelow(test.share), test.seed];
    case "random-live":
      return [testKinds.randomLive, table!.at, drawsBelow(test.share), test.seed];
    case "kappa-full":
    case "softmax":
      throw new Error(`internal: ${test.rule} has no table`);
    default:
      return test satisfies never;
  }
}

/** How many of the 2^24 draws d have d / 2^24 < share. */
const drawsBelow = (share: number): number => Math.min(2 ** 24, Math.ceil(share * 2 ** 24));

/** By code: the number, or NaN for codes that stand for none and for NaN itself. */
function numbersOf({ drop, least, count }: CodeBits): Float64Array {
  const numbers = new Float64Array(2 * count + 1).fill(NaN);
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  for (let code = 0; code < count; code++) {
    word[0] = code === 0 ? 0 : code === count - 1 ? 0x7f800000 : (code - 1 + least) << drop;
    numbers[code] = float[0]!;
    numbers[count + code] = -float[0]!;
  }
  return numbers;
}

/** Tests of a component's own low value. */
type Ranked = Exclude<RecomputeTest, { rule: "softmax" | "random" }>;

/** Ranks by which a test is `rank >= limit`. NaN reaches every limit. */
function ranksFor(
  test: Ranked,
  numbers: Float64Array,
  unscale: number,
): { ranks: Uint32Array; limit: (threshold: number) => number } {
  const ranks = new Uint32Array(numbers.length);
  if (test.rule === "contribution") {
    const score = activationNamed(test.activation)!.score;
    const scores = numbers.map((x) => score(Math.fround(x * unscale)));
    const sorted = Float64Array.from(new Set(scores.filter((s) => !Number.isNaN(s)))).sort();
    const place = new Map(Array.from(sorted, (s, i) => [s, i]));
    scores.forEach((s, i) => (ranks[i] = place.get(s) ?? 0xffffffff));
    return { ranks, limit: (threshold) => countUpTo(sorted, threshold) };
  }
  // Of the random tests only what does not depend on the draw: a share of 1 always draws.
  const sure = prepareTest(test.rule === "random-live" ? { ...test, share: 1 } : test, 0);
  for (let i = 0; i < ranks.length; i++)
    ranks[i] = sure.recompute(Math.fround(numbers[i]! * unscale), NaN, 0, 0) ? 1 : 0;
  return { ranks, limit: () => 1 };
}

/** How many of the ascending numbers are at most x; none for NaN. */
function countUpTo(sorted: Float64Array, x: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! <= x) from = middle + 1;
    else to = middle;
  }
  return from;
}
