// The rounding formulas over binary32 patterns: all of them with MPPLAN_EXHAUSTIVE=1 (minutes), else all exponents and
// signs times every pattern near a tie, near the ends of the fraction, and a stride through the rest.
import { formatNamed, maxFinite, minSubnormal, roundingConstants, roundNearestEven } from "@mpplan/formats";
import type { Accumulator } from "@mpplan/ir";
import { expect, test } from "vitest";
import { fitsClamped, fitsLanes, laneLimit } from "./constants.js";
import { Memory } from "./memory.js";
import { Sums } from "./sums.js";
import { accumulatorOf } from "@mpplan/testkit";

const memory = new Memory();
const sums = new Sums(memory);
const exhaustive = process.env.MPPLAN_EXHAUSTIVE === "1";
const chunk = 2 ** 13;

/** R(1 x) by a kernel: one row of one term, x as weights. */
function rounded(kernel: string, accumulator: Accumulator, x: Float32Array): Float32Array {
  const { constants } = sums.recipe(accumulator);
  const w = memory.scratch("w", x.length * 4);
  const h = memory.scratch("h", 16);
  const c = memory.scratch("c", x.length * 4);
  memory.f32(w, x.length).set(x);
  memory.f32(h, 1)[0] = 1;
  memory.wasm[`vector32_${kernel}`]!(w, x.length / 8, h, 4, 1, 1, c, constants.f32, 0);
  return memory.f32(c, x.length).slice();
}

function* patterns(cut: number): Generator<Float32Array> {
  const bits = new Uint32Array(chunk);
  let n = 0;
  const fractions = new Set<number>();
  const unit = 2 ** cut;
  for (let top = 0; top < 2 ** 23; top += Math.max(unit, 2 ** 17)) {
    for (const near of [0, unit / 2, unit]) {
      for (let d = -2; d <= 2; d++) fractions.add((top + near + d) & 0x7fffff);
    }
  }
  for (let i = 0; i < 2 ** 23; i += 70001) fractions.add(i);
  for (let upper = 0; upper < 512; upper++) {
    const list = exhaustive ? Array.from({ length: 2 ** 23 }, (_, i) => i) : fractions;
    for (const fraction of list) {
      bits[n++] = upper * 2 ** 23 + fraction;
      if (n < chunk) continue;
      yield new Float32Array(bits.buffer);
      n = 0;
    }
  }
  bits.fill(0, n);
  yield new Float32Array(bits.buffer);
}

function check(
  name: string,
  kernel: string,
  accumulator: Accumulator,
  covered: (x: number) => boolean,
): void {
  const format = formatNamed(accumulator.format);
  const c = roundingConstants(format, accumulator.overflow);
  let checked = 0;
  let wrong = 0;
  let first = "";
  for (const xs of patterns(24 - format.precision)) {
    const actual = rounded(kernel, accumulator, xs);
    for (let i = 0; i < xs.length; i++) {
      const x = xs[i]!;
      if (!covered(x)) continue;
      checked++;
      const expected = roundNearestEven(x, c);
      if (Object.is(actual[i], expected)) continue;
      wrong++;
      first ||= `${x}: ${actual[i]} instead of ${expected}`;
    }
  }
  expect(wrong, `${name}: ${first}`).toBe(0);
  expect(checked).toBeGreaterThan(100);
}

const timeout = exhaustive ? 3_600_000 : 60_000;
const names = [
  "ieee-e4m3",
  "ocp-e4m3",
  "ocp-e5m2",
  "binary16",
  "bfloat16",
  "tf32",
  "e2m1",
  "e3m2",
  "e5m6",
  "e8m13",
  "e5m21",
];

for (const name of names) {
  const format = formatNamed(name);
  expect(fitsLanes(format)).toBe(true);
  const safe = (x: number): boolean =>
    Math.abs(x) <= Math.min(laneLimit(format), roundingConstants(format, "infinity").limit);
  test(
    `${name} is rounded as roundNearestEven does`,
    () => {
      for (const overflow of ["saturate", "infinity"] as const) {
        const a = accumulatorOf({ format: name, overflow });
        check("magic", "magic", a, safe);
        if (format.precision <= 11) {
          // Scale is asked for multiples of the smallest subnormal value only.
          check("scale", "scale", a, (x) => safe(x) && Number.isInteger(x / minSubnormal(format)));
        }
        if (!fitsClamped(format)) continue;
        check("select", "select", a, () => true);
        if (overflow === "saturate") check("saturate", "saturate", a, () => true);
      }
      expect(maxFinite(format)).toBeGreaterThan(0);
    },
    timeout,
  );
}
