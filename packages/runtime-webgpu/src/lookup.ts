// Run-time tests as tables: for every number of the low format, and every scale that its neurons have, a rank; a
// component is computed again where the rank reaches its neuron's limit. Formats of many numbers have steps instead.
import { formatNamed, maxFinite, minSubnormal, type FloatFormat } from "@mpplan/formats";
import { activationNamed, resultFormat, type Accumulator, type RecomputeTest } from "@mpplan/ir";
import { prepareTest, type ComponentTest } from "@mpplan/runtime";
import { magnitudeLimits } from "./magnitude-limits.js";
import { verdictSteps } from "./verdict-steps.js";
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

/** More codes than this are no table; and not where steps will do, if they are more than a few. */
const mostCodes = 2 ** 20;
const fewCodes = 2 ** 18;

/** Why a test on sums of that accumulator has no table; null where it has one. */
export function testProblem(
  test: RecomputeTest,
  low: Accumulator,
  exponents: readonly number[],
): string | null {
  if (test.rule === "random") return null;
  if (test.rule === "softmax") return "the run-time test softmax looks at whole rows, in binary64";
  if (test.rule === "kappa-full" && !Number.isFinite(test.tau))
    return `kappa-full by ${test.tau} has no table`;
  const format = formatNamed(resultFormat(low));
  const [least, most] = [Math.log2(minSubnormal(format)), Math.log2(maxFinite(format))];
  if (exponents.some((e) => e !== 0 && (least - e < -126 || most - e > 127)))
    return `scaled back, ${format.name} sums leave binary32's normal numbers before they are tested`;
  const codes = countCodes(format);
  if (codes <= mostCodes || hasSteps(test, format)) return null;
  return `${test.rule} of ${test.activation} on ${format.name} sums would take a table of ${codes} numbers`;
}

const countCodes = (format: FloatFormat): number => 2 * codeBits(format).count;

/** True where the few places are known at which a verdict on a low value changes, and are better than a table. */
function hasSteps(test: Ranked, format: FloatFormat): boolean {
  const known = test.rule !== "kappa-full" && activationNamed(test.activation)!.kinks !== null;
  return known && countCodes(format) > fewCodes;
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

/** A test over the numbers of a format: words for the shader, and what a threshold is compared with. */
interface Table {
  readonly ranks: ArrayLike<number>;
  limit(threshold: number): number;
}

/** The tests of some neurons, whose low sums are in one format. */
export function testTables(format: FloatFormat, neurons: readonly Tested[]): TestTables {
  const ranks: number[] = [];
  const known = new Map<string, Table & { at: number }>();
  let numbers: Float64Array | null = null;
  const words = new Uint32Array(neurons.length * testWords);
  for (const [i, { test, neuronInRange, exponent }] of neurons.entries()) {
    if (test.rule === "random" || test.rule === "softmax") {
      words.set(wordsFor(test, undefined, neuronInRange, false), i * testWords);
      continue;
    }
    const steps = hasSteps(test, format);
    // Steps are those of one threshold.
    const own = steps && test.rule === "contribution" ? String(test.thresholds[neuronInRange]) : 0;
    const key = JSON.stringify([{ ...test, thresholds: 0, share: 0, seed: 0 }, exponent, own]);
    let table = known.get(key);
    if (!table) {
      const made: Table = steps
        ? { ranks: stepsFor(test, neuronInRange, 2 ** -exponent), limit: () => 0 }
        : ranksFor(test, (numbers ??= numbersOf(codeBits(format))), 2 ** -exponent);
      table = { ...made, at: ranks.length };
      for (let k = 0; k < made.ranks.length; k++) ranks.push(made.ranks[k]!);
      known.set(key, table);
    }
    words.set(wordsFor(test, table, neuronInRange, steps), i * testWords);
  }
  return { ranks: Uint32Array.from(ranks.length > 0 ? ranks : [0]), words };
}

function wordsFor(
  test: RecomputeTest,
  table: (Table & { at: number }) | undefined,
  neuronInRange: number,
  steps: boolean,
): number[] {
  const kind = steps ? testKinds.steps : testKinds.table;
  switch (test.rule) {
    case "kappa":
      return [kind, table!.at, 1, 0];
    case "kappa-full":
      return [testKinds.magnitude, table!.at, 0, 0];
    case "contribution":
      return [kind, table!.at, table!.limit(test.thresholds[neuronInRange]!), 0];
    case "random":
      return [testKinds.random, 0, drawsBelow(test.share), test.seed];
    case "random-live":
      return [
        ...[steps ? testKinds.stepsLive : testKinds.randomLive, table!.at],
        ...[drawsBelow(test.share), test.seed],
      ];
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

/** Ranks by which a test is `rank >= limit`, or `magnitude >= rank`. NaN reaches every limit. */
function ranksFor(test: Ranked, numbers: Float64Array, unscale: number): Table {
  const ranks = new Uint32Array(numbers.length);
  if (test.rule === "contribution") {
    const score = activationNamed(test.activation)!.score;
    const scores = numbers.map((x) => score(Math.fround(x * unscale)));
    const sorted = Float64Array.from(new Set(scores.filter((s) => !Number.isNaN(s)))).sort();
    const place = new Map(Array.from(sorted, (s, i) => [s, i]));
    scores.forEach((s, i) => (ranks[i] = place.get(s) ?? 0xffffffff));
    return { ranks, limit: (threshold) => countUpTo(sorted, threshold) };
  }
  if (test.rule === "kappa-full") {
    const lows = numbers.map((x) => Math.fround(x * unscale));
    return { ranks: magnitudeLimits(test, lows), limit: () => 0 };
  }
  const sure = withoutDraw(test);
  for (let i = 0; i < ranks.length; i++)
    ranks[i] = sure.recompute(Math.fround(numbers[i]! * unscale), NaN, 0, 0) ? 1 : 0;
  return { ranks, limit: () => 1 };
}

/** The steps of a test, as `stepped` of the shader reads them. */
function stepsFor(test: Ranked, neuronInRange: number, unscale: number): number[] {
  const sure = withoutDraw(test);
  const { first, nan, changes } = verdictSteps(
    (low) => sure.recompute(low, NaN, 0, neuronInRange),
    activationNamed(test.activation)!.kinks!,
    (x) => Math.fround(x * unscale),
  );
  return [changes.length, (first ? 1 : 0) + (nan ? 2 : 0), ...changes];
}

/** Of a random test what does not depend on the draw: a share of 1 always draws. */
const withoutDraw = (test: Ranked): ComponentTest =>
  prepareTest(test.rule === "random-live" ? { ...test, share: 1 } : test, 0);

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
