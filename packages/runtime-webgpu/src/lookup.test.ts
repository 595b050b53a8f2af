import { binary16, ocpE4m3, seededRandom } from "@mpplan/formats";
import { activationNamed, type RecomputeTest } from "@mpplan/ir";
import { prepareTest } from "@mpplan/runtime";
import { accumulatorOf } from "@mpplan/testkit";
import { describe, expect, test } from "vitest";
import { testProblem } from "./lookup.js";
import { magnitudeLimits } from "./magnitude-limits.js";
import { verdictSteps } from "./verdict-steps.js";
import { bitsOf } from "./wgsl/round.js";

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
const floatOf = (bits: number): number => {
  word[0] = bits;
  return float[0]!;
};

const activations = ["identity", "relu", "leaky-relu(0.1)", "leaky-relu(-2)", "leaky-relu(0)", "clip(0, 6)"];
const clips = ["clip(-1, 1)", "clip(0.3, 2)", "clip(-5, -0.1)", "clip(3, 1)", "clip(-Infinity, 2)"];
const special = [0, -0, 1, -1, 2 ** -149, -(2 ** -149), 3.4028234663852886e38, Infinity, -Infinity, NaN];

describe("magnitudes that keep a low value", () => {
  const lows = Float64Array.from(
    [...special, 0.1, -0.1, 448, 65504, 2 ** -24, -(2 ** -9), 88, 800, -800].map(Math.fround),
  );
  const magnitudes = special.filter((x) => !(x < 0)).concat([1e-3, 0.3, 5, 1e5]);

  test.each([...activations, ...clips, "tanh", "sigmoid"])("%s", (activation) => {
    for (const tau of [0, 1e-30, 0.7, 20, 1e40]) {
      const rule = { rule: "kappa-full", tau, activation } as const;
      const { recompute } = prepareTest(rule, 0);
      const limits = magnitudeLimits(rule, lows);
      const wrong: [number, number][] = [];
      for (const [i, low] of lows.entries()) {
        const limit = limits[i]!;
        const near = [-3, -2, -1, 0, 1, 2]
          .map((d) => limit + d)
          .filter((bits) => bits >= 0 && bits <= 0x7f800000);
        for (const magnitude of [...magnitudes, ...near.map(floatOf)]) {
          const again = bitsOf(Math.abs(magnitude)) >= limit;
          if (again !== recompute(low, magnitude, 0, 0)) wrong.push([low, magnitude]);
        }
      }
      expect(wrong).toEqual([]);
    }
  });
});

describe("verdicts by steps", () => {
  const places = (x: number): number => (bitsOf(x) ^ (bitsOf(x) >>> 31 ? 0xffffffff : 0x80000000)) >>> 0;
  const random = seededRandom(3);
  const anything = Array.from({ length: 2000 }, (_, i) =>
    i % 2 ? floatOf((random() << 8) ^ random()) : Math.fround((random() / 2 ** 22 - 2) * 2),
  );
  const tests = (activation: string): RecomputeTest[] => [
    { rule: "kappa", tau: 1.5, activation },
    { rule: "kappa", tau: 0, activation },
    ...[-2, -1e-40, 0, 0.5, 1e9, NaN].map((x): RecomputeTest => ({
      rule: "contribution",
      activation,
      thresholds: [x],
    })),
    { rule: "random-live", share: 1, seed: 1, activation },
  ];

  test.each([...activations, ...clips])("%s", (activation) => {
    const { kinks } = activationNamed(activation)!;
    for (const rule of tests(activation)) {
      const prepared = prepareTest(rule, 0);
      if (prepared.kind === "row") throw new Error("a test of rows");
      for (const scale of [1, 2 ** -7, 2 ** 120]) {
        const recompute = (x: number): boolean => prepared.recompute(Math.fround(x * scale), NaN, 0, 0);
        const { first, nan, changes } = verdictSteps(
          (low) => prepared.recompute(low, NaN, 0, 0),
          kinks!,
          (x) => Math.fround(x * scale),
        );
        expect(nan).toBe(recompute(NaN));
        expect(changes.length).toBeLessThanOrEqual(6);
        const wrong: number[] = [];
        const atKinks = kinks!.map((x) => Math.fround(x / scale));
        const around = [...changes, ...atKinks.map(places)]
          .flatMap((place) => [place - 2, place - 1, place, place + 1, place + 2])
          .map((place) => floatOf(place >= 0x80000000 ? place - 0x80000000 : ~place));
        for (const x of [...special, ...anything, ...around].filter((n) => !Number.isNaN(n))) {
          const crossed = changes.filter((place) => place <= places(x)).length;
          if ((first !== (crossed % 2 === 1)) !== recompute(x)) wrong.push(x);
        }
        expect(wrong).toEqual([]);
      }
    }
  });

  test("what has neither a table nor steps is a gap with a reason", () => {
    const single = accumulatorOf({ format: "binary32" });
    const kappa = (activation: string): RecomputeTest => ({ rule: "kappa", tau: 1, activation });
    expect(testProblem(kappa("relu"), single, [])).toBeNull();
    expect(testProblem(kappa("tanh"), single, [])).toMatch(
      /kappa of tanh on binary32 sums would take a table/,
    );
    expect(testProblem(kappa("tanh"), accumulatorOf({ format: binary16.name }), [])).toBeNull();
    const full = { rule: "kappa-full", tau: 1, activation: "relu" } as const;
    expect(testProblem(full, single, [])).toMatch(/kappa-full of relu on binary32 sums would take a table/);
    expect(testProblem(full, accumulatorOf({ format: "tf32" }), [])).toBeNull();
    expect(testProblem(full, accumulatorOf({ format: "tf32" }), [1])).toMatch(/leave binary32's normal/);
    expect(testProblem(full, accumulatorOf({ format: ocpE4m3.name }), [])).toBeNull();
    expect(testProblem({ ...full, tau: Infinity }, accumulatorOf({}), [])).toMatch(/has no table/);
  });
});
