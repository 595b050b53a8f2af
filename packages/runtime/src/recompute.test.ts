import { describe, expect, test } from "vitest";
import type { RecomputeTest } from "@mpplan/ir";
import { prepareTest } from "./recompute.js";

const kappa = (tau: number, activation: string, v: number): boolean =>
  prepareTest({ rule: "kappa", tau, activation }, 0).recompute(v, NaN, 0, 0);

describe("kappa recomputes unless kappa_phi(v)/|v| <= tau", () => {
  test("ReLU: exactly where 0 <= v < 1/tau", () => {
    const edge = 1 / 0.25;
    expect([-5, -1e-9, 0, 1e-9, 3.99, edge, 4.01].map((v) => kappa(0.25, "relu", v))).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test("tanh: where 2/|sinh 2v| > tau", () => {
    for (const tau of [1, 0.3, 0.1]) {
      for (const v of [-4, -1.2, -0.5, 0.01, 0.7, 1.5, 3]) {
        expect(kappa(tau, "tanh", v), `tau ${tau}, v ${v}`).toBe(2 / Math.abs(Math.sinh(2 * v)) > tau);
      }
    }
  });

  test("identity: where |v| < 1/tau, either sign", () => {
    expect([-3, -1, 1, 3].map((v) => kappa(0.5, "identity", v))).toEqual([false, true, true, false]);
  });

  test("v = 0 and NaN are always recomputed, whatever the activation", () => {
    for (const name of ["relu", "tanh", "identity", "sigmoid"]) {
      expect(
        [0, -0, NaN].map((v) => kappa(Number.MAX_VALUE, name, v)),
        name,
      ).toEqual([true, true, true]);
    }
  });

  test("tau 0 recomputes whatever is not dead", () => {
    expect([-1, 1, 200, Infinity].map((v) => kappa(0, "relu", v))).toEqual([false, true, true, false]);
  });
});

describe("kappa-full", () => {
  const full = (tau: number, v: number, magnitude: number): boolean =>
    prepareTest({ rule: "kappa-full", tau, activation: "relu" }, 0).recompute(v, magnitude, 0, 0);

  test("compares kappa_phi (|W||h|+|b|)/|v| with tau", () => {
    expect(prepareTest({ rule: "kappa-full", tau: 1, activation: "relu" }, 0).needsMagnitude).toBe(true);
    expect([full(4, 2, 8), full(4, 2, 8.5), full(4, -2, 8.5)]).toEqual([false, true, false]);
    expect([full(4, 0, 8), full(4, 0, 0), full(4, NaN, 8)]).toEqual([true, true, true]);
  });
});

describe("contribution recomputes unless score(v) <= the neuron's threshold", () => {
  const contribution = (activation: string, thresholds: number[], v: number, neuron: number): boolean =>
    prepareTest({ rule: "contribution", activation, thresholds }, 0).recompute(v, NaN, 0, neuron);

  test("each neuron of the range has a threshold of its own, which may lie below zero", () => {
    const at = (neuron: number): boolean[] =>
      [-3, -2, -1, 0, 1, 2].map((v) => contribution("relu", [-2, 0, 1], v, neuron));
    expect(at(0)).toEqual([false, false, true, true, true, true]);
    expect(at(1)).toEqual([false, false, false, false, true, true]);
    expect(at(2)).toEqual([false, false, false, false, false, true]);
  });

  test("-0 is 0, and NaN is recomputed whatever the threshold", () => {
    for (const name of ["relu", "tanh", "identity", "sigmoid", "clip(0, 6)", "leaky-relu(0.1)"]) {
      expect(contribution(name, [0], -0, 0), name).toBe(contribution(name, [0], 0, 0));
      if (!["tanh", "sigmoid"].includes(name)) expect(contribution(name, [0], -0, 0), name).toBe(false);
      expect(contribution(name, [Number.MAX_VALUE], NaN, 0), name).toBe(true);
    }
  });
});

describe("random", () => {
  type Random = Extract<RecomputeTest, { share: number }>;
  const draws = (test: Random, salt: number, n = 4000): boolean[] => {
    const prepared = prepareTest(test, salt);
    return Array.from({ length: n }, (_, i) => prepared.recompute(i % 2 === 0 ? 1 : -1, NaN, i, 0));
  };
  const count = (list: readonly boolean[]): number => list.filter(Boolean).length;

  test("draws the share that was asked for", () => {
    for (const share of [0.1, 0.5, 0.85]) {
      // Binomial: five standard deviations.
      const spread = 5 * Math.sqrt(4000 * share * (1 - share));
      expect(Math.abs(count(draws({ rule: "random", share, seed: 3 }, 9)) - 4000 * share)).toBeLessThan(
        spread,
      );
    }
    expect(count(draws({ rule: "random", share: 0, seed: 3 }, 9))).toBe(0);
    expect(count(draws({ rule: "random", share: 1, seed: 3 }, 9))).toBe(4000);
  });

  test("depends on component, salt and seed, and on nothing else", () => {
    const test = { rule: "random", share: 0.5, seed: 3 } as const;
    const first = draws(test, 9);
    expect(draws(test, 9)).toEqual(first);
    for (const other of [draws(test, 10), draws({ ...test, seed: 4 }, 9)]) {
      // Independent draws agree in half of the places.
      const same = other.filter((x, i) => x === first[i]).length;
      expect(Math.abs(same - 2000)).toBeLessThan(5 * Math.sqrt(1000));
    }
  });

  test("a larger share keeps what a smaller one drew", () => {
    const small = draws({ rule: "random", share: 0.2, seed: 3 }, 9);
    const large = draws({ rule: "random", share: 0.6, seed: 3 }, 9);
    expect(small.every((drawn, i) => !drawn || large[i])).toBe(true);
  });

  test("random-live passes over components with phi'(v) = 0", () => {
    const all = draws({ rule: "random", share: 0.5, seed: 3 }, 9);
    const live = draws({ rule: "random-live", share: 0.5, seed: 3, activation: "relu" }, 9);
    expect(live).toEqual(all.map((drawn, i) => drawn && i % 2 === 0));
  });
});

test("an activation that does not exist is refused", () => {
  for (const name of ["gelu", "constructor"]) {
    expect(() => prepareTest({ rule: "kappa", tau: 1, activation: name }, 0)).toThrowError(
      expect.objectContaining({ code: "wrong-plan" }),
    );
  }
});
