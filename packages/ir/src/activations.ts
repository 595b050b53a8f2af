// The activation functions that may follow a sum: value, derivative, condition number. One line of data each.

/** phi, its derivative, kappa_phi(v) = |v phi'(v) / phi(v)| and the contribution score, evaluated in binary64. */
export interface Activation {
  readonly name: string;
  value(v: number): number;
  derivative(v: number): number;
  kappa(v: number): number;
  /**
   * How much of a low v's rounding error is likely to reach the outputs, up to a factor of the neuron's: |v| phi'(v)
   * for what is piecewise linear, sqrt(1 + v^2) phi'(v) for what bends on the scale of 1, whose sums err at v = 0 too.
   * Where phi is flat, minus the distance from v to the nearest point where it is not. Thresholds on it go on below
   * zero: a low value just inside the flat part may have the wrong side of it, and recomputing every live component
   * leaves such wrong signs as the largest error. ReLU's score is therefore v itself.
   */
  score(v: number): number;
  /**
   * Where kappa(v)/|v|, the score and the derivative, as computed, may turn: from one such point to the next each of
   * them only rises or only falls. Null where rounded exponentials leave no proof of that.
   */
  readonly kinks: readonly number[] | null;
  /** The expected square of phi(v + e) - phi(v) for a small normal e of that variance. */
  noise(v: number, variance: number): number;
}

/** The definition, with 0/0 taken as 0: how sensitive phi(v) is to a relative change of v. */
const byDefinition = (value: (v: number) => number, derivative: (v: number) => number) => (v: number) => {
  const kappa = Math.abs((v * derivative(v)) / value(v));
  return Number.isNaN(kappa) ? 0 : kappa;
};

type Shortcuts = Partial<Pick<Activation, "kappa" | "score" | "kinks" | "noise">>;

function activation(
  name: string,
  value: (v: number) => number,
  derivative: (v: number) => number,
  own: Shortcuts = {},
): Activation {
  return Object.freeze({
    name,
    value,
    derivative,
    kappa: byDefinition(value, derivative),
    score: (v: number) => Math.hypot(1, v) * Math.abs(derivative(v)),
    kinks: null,
    noise: (v: number, variance: number) => variance * derivative(v) ** 2,
    ...own,
  });
}

/** The normal distribution function, to 2e-7: Abramowitz and Stegun, 26.2.17. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series =
    ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t;
  const tail = series * Math.exp((-x * x) / 2) * 0.3989422804014327;
  return x < 0 ? tail : 1 - tail;
}

/** The share of a normal variable of that mean and variance that lies above zero. */
function above(mean: number, variance: number): number {
  return variance === 0 ? (mean > 0 ? 1 : 0) : normal(mean / Math.sqrt(variance));
}

const sigma = (v: number): number => 1 / (1 + Math.exp(-v));

export const identity = activation(
  "identity",
  (v) => v,
  () => 1,
  { kappa: () => 1, score: Math.abs, kinks: [0] },
);

/** ReLU's condition number is the indicator of v >= 0: dead components need no accuracy at all. */
export const relu = activation(
  "relu",
  (v) => (v > 0 || Number.isNaN(v) ? v : 0),
  (v) => (v > 0 ? 1 : 0),
  {
    kappa: (v) => (v >= 0 ? 1 : 0),
    score: (v) => v,
    kinks: [0],
    noise: (v, variance) => variance * above(v, variance),
  },
);

export const tanh = activation("tanh", Math.tanh, (v) => 1 - Math.tanh(v) ** 2);

/** sigma'/sigma = 1 - sigma, written so that it stays exact where sigma underflows. */
export const sigmoid = activation("sigmoid", sigma, (v) => sigma(v) * sigma(-v), {
  kappa: (v) => Math.abs(v) * sigma(-v),
});

export const leakyRelu = (alpha: number): Activation =>
  activation(
    `leaky-relu(${alpha})`,
    (v) => (v >= 0 ? v : alpha * v),
    (v) => (v >= 0 ? 1 : alpha),
    {
      kappa: () => (alpha === 0 ? 0 : 1),
      score: (v) => Math.abs(v) * (v >= 0 ? 1 : Math.abs(alpha)),
      kinks: [0],
      noise: (v, variance) => variance * (alpha ** 2 + (1 - alpha ** 2) * above(v, variance)),
      ...(alpha === 0 && { score: relu.score }),
    },
  );

/** Clip to [low, high], ReLU6 among them: only components strictly inside react. */
export const clip = (low: number, high: number): Activation =>
  activation(
    `clip(${low}, ${high})`,
    (v) => Math.min(Math.max(v, low), high),
    (v) => (v > low && v < high ? 1 : 0),
    {
      kappa: (v) => (v >= low && v <= high ? 1 : 0),
      score: (v) => {
        if (Number.isNaN(v)) return NaN;
        // Nothing is alive, so the nearest live point is infinitely far.
        if (!(low < high)) return -Infinity;
        if (v <= low) return v - low;
        return v >= high ? high - v : Math.abs(v);
      },
      kinks: [low, 0, high],
      noise: (v, variance) => variance * above(v - low, variance) * above(high - v, variance),
    },
  );

/** The activation that `name` spells, as printed in plans and profiles; undefined if there is none. */
export function activationNamed(name: string): Activation | undefined {
  const fixed = [identity, relu, tanh, sigmoid].find((known) => known.name === name);
  if (fixed) return fixed;
  const call = /^(leaky-relu|clip)\(([^)]+)\)$/.exec(name);
  const args = call?.[2]?.split(",").map((text) => (text.trim() === "" ? NaN : Number(text))) ?? [];
  if (args.some(Number.isNaN)) return undefined;
  if (call?.[1] === "leaky-relu" && args.length === 1) return leakyRelu(args[0]!);
  if (call?.[1] === "clip" && args.length === 2) return clip(args[0]!, args[1]!);
  return undefined;
}
