import { describe, expect, test } from "vitest";
import {
  activationNamed,
  clip,
  identity,
  leakyRelu,
  relu,
  sigmoid,
  tanh,
  type Activation,
} from "./activations.js";

const all: Activation[] = [identity, relu, tanh, sigmoid, leakyRelu(0.1), clip(-1, 2)];
/** Away from the kinks at 0, -1 and 2. */
const points = [-7.3, -2.5, -1.4, -0.7, -0.11, -0.003, 0.004, 0.13, 0.5, 1.2, 1.9, 2.6, 6.1];

describe.each(all.map((a) => [a.name, a] as const))("%s", (_, phi) => {
  test("has the derivative of its own values", () => {
    for (const v of points) {
      const h = 1e-5 * Math.max(1, Math.abs(v));
      const numeric = (phi.value(v + h) - phi.value(v - h)) / (2 * h);
      // A central difference errs by h^2 phi'''/6 plus the rounding 2^-52 |phi|/h.
      expect(Math.abs(phi.derivative(v) - numeric), `at ${v}`).toBeLessThan(1e-9);
    }
  });

  test("has the condition number |v phi'(v)/phi(v)|, a flat piece counting 0 or 1", () => {
    for (const v of points) {
      const byDefinition = Math.abs((v * phi.derivative(v)) / phi.value(v));
      const expected = Number.isNaN(byDefinition) ? 0 : byDefinition;
      expect(Math.abs(phi.kappa(v) - expected), `at ${v}`).toBeLessThanOrEqual(1e-12 * (1 + expected));
    }
  });

  test("is found again by the name it prints", () => {
    const found = activationNamed(phi.name)!;
    expect(found.name).toBe(phi.name);
    for (const v of points) {
      expect([found.value(v), found.derivative(v), found.kappa(v)]).toEqual([
        phi.value(v),
        phi.derivative(v),
        phi.kappa(v),
      ]);
    }
  });

  test("passes NaN on, as the kernels do", () => {
    expect(phi.value(NaN)).toBeNaN();
  });

  test("scores what errs: larger with phi'(v) and with |v|, and below zero how far from erring", () => {
    for (const v of points) {
      const slope = phi.derivative(v);
      const bends = ["tanh", "sigmoid"].includes(phi.name);
      const size = bends ? Math.hypot(1, v) : Math.abs(v);
      if (slope !== 0) expect(phi.score(v), `at ${v}`).toBeCloseTo(size * Math.abs(slope), 15);
      else expect(phi.score(v), `at ${v}`).toBeLessThan(0);
    }
    expect(phi.score(NaN)).toBeNaN();
  });
});

test("ReLU's score is v on both sides, so that thresholds may lie below zero", () => {
  for (const phi of [relu, leakyRelu(0)])
    expect([-7, -0.5, 0, 0.25, 9].map(phi.score)).toEqual([-7, -0.5, 0, 0.25, 9]);
});

test("Clip's score below zero is the distance to its live part", () => {
  const six = clip(0, 6);
  expect([-2, 0, 0.5, 5, 6, 7.5].map(six.score)).toEqual([-2, 0, 0.5, 5, 0, -1.5]);
  expect([-4, -3, -2, -1, 2].map(clip(-3, -1).score)).toEqual([-1, 0, 2, 0, -3]);
  expect([-1, 4].map(clip(0, Infinity).score)).toEqual([-1, 4]);
  // Nothing is live.
  expect([-1, 2, 4].map(clip(2, 2).score)).toEqual([-Infinity, -Infinity, -Infinity]);
});

describe("the table of condition numbers", () => {
  test("tanh: 2|v|/|sinh 2v|, which fades where it saturates", () => {
    for (const v of [-3, -1, 0.25, 1, 2, 5]) {
      const exact = (2 * Math.abs(v)) / Math.abs(Math.sinh(2 * v));
      // 1 - tanh^2 cancels: its absolute error of 2^-52 is large beside what is left of it.
      const cancellation = (2 ** -52 * Math.abs(v)) / Math.abs(Math.tanh(v));
      expect(Math.abs(tanh.kappa(v) - exact)).toBeLessThan(2 * cancellation + 1e-15);
    }
    expect(tanh.kappa(40)).toBe(0);
  });

  test("sigmoid: |v| (1 - sigma(v)), exact where sigma underflows", () => {
    expect(sigmoid.kappa(2)).toBeCloseTo(2 * (1 - 1 / (1 + Math.exp(-2))), 14);
    expect(sigmoid.kappa(-800)).toBe(800);
    expect(sigmoid.kappa(800)).toBe(0);
  });

  test("ReLU: the indicator of v >= 0, so that v = 0 is not thought dead", () => {
    expect([-1e-30, -0, 0, 1e-30].map(relu.kappa)).toEqual([0, 1, 1, 1]);
  });

  test("0/0 is 0: tanh and sigmoid at v = 0", () => {
    expect([tanh.kappa(0), sigmoid.kappa(0), identity.kappa(0)]).toEqual([0, 0, 1]);
  });

  test("ReLU6 reacts strictly inside its bounds only", () => {
    const relu6 = clip(0, 6);
    expect([-1, 0, 3, 6, 7].map(relu6.derivative)).toEqual([0, 0, 1, 0, 0]);
    expect([-1, 0, 3, 6, 7].map(relu6.value)).toEqual([0, 0, 3, 6, 6]);
  });
});

test("no other name is an activation, those of Object's own properties least of all", () => {
  for (const name of [
    "",
    "gelu",
    "toString",
    "constructor",
    "__proto__",
    "clip(1)",
    "clip(,)",
    "leaky-relu()",
  ]) {
    expect(activationNamed(name), name).toBeUndefined();
  }
  expect(activationNamed("clip(0, Infinity)")!.value(1e30)).toBe(1e30);
});

test.each(["identity", "relu", "tanh", "sigmoid", "leaky-relu(0.25)", "clip(0, 6)"])(
  "the noise of %s is what normal errors do to it on average",
  (name) => {
    const phi = activationNamed(name)!;
    const variance = 0.01 ** 2;
    for (const v of [-3, -0.02, -0.005, 0.005, 0.02, 0.5, 5.995, 6.01]) {
      // The mean over a fine grid of a normal variable's values.
      let [sum, weights] = [0, 0];
      for (let z = -6; z <= 6; z += 0.01) {
        const weight = Math.exp((-z * z) / 2);
        sum += weight * (phi.value(v + 0.01 * z) - phi.value(v)) ** 2;
        weights += weight;
      }
      // At a kink the gate is an upper estimate, of the right size.
      const exact = sum / weights;
      expect(phi.noise(v, variance)).toBeGreaterThan(0.9 * exact - 1e-9);
      expect(phi.noise(v, variance)).toBeLessThan(2 * exact + 0.16 * variance);
    }
    expect(phi.noise(1, 0)).toBe(0);
  },
);
