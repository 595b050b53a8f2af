// The activation functions that may follow a sum: value, derivative, condition number. One line of data each.

/** phi, its derivative, and kappa_phi(v) = |v phi'(v) / phi(v)|, all evaluated in binary64. */
export interface Activation {
  readonly name: string;
  value(v: number): number;
  derivative(v: number): number;
  kappa(v: number): number;
}

/** The definition, with 0/0 taken as 0: how sensitive phi(v) is to a relative change of v. */
const byDefinition = (value: (v: number) => number, derivative: (v: number) => number) => (v: number) => {
  const kappa = Math.abs((v * derivative(v)) / value(v));
  return Number.isNaN(kappa) ? 0 : kappa;
};

function activation(
  name: string,
  value: (v: number) => number,
  derivative: (v: number) => number,
  kappa?: (v: number) => number,
): Activation {
  return Object.freeze({ name, value, derivative, kappa: kappa ?? byDefinition(value, derivative) });
}

const sigma = (v: number): number => 1 / (1 + Math.exp(-v));

export const identity = activation(
  "identity",
  (v) => v,
  () => 1,
  () => 1,
);

/** ReLU's condition number is the indicator of v >= 0: dead components need no accuracy at all. */
export const relu = activation(
  "relu",
  (v) => (v > 0 || Number.isNaN(v) ? v : 0),
  (v) => (v > 0 ? 1 : 0),
  (v) => (v >= 0 ? 1 : 0),
);

export const tanh = activation("tanh", Math.tanh, (v) => 1 - Math.tanh(v) ** 2);

/** sigma'/sigma = 1 - sigma, written so that it stays exact where sigma underflows. */
export const sigmoid = activation(
  "sigmoid",
  sigma,
  (v) => sigma(v) * sigma(-v),
  (v) => Math.abs(v) * sigma(-v),
);

export const leakyRelu = (alpha: number): Activation =>
  activation(
    `leaky-relu(${alpha})`,
    (v) => (v >= 0 ? v : alpha * v),
    (v) => (v >= 0 ? 1 : alpha),
    () => (alpha === 0 ? 0 : 1),
  );

/** Clip to [low, high], ReLU6 among them: only components strictly inside react. */
export const clip = (low: number, high: number): Activation =>
  activation(
    `clip(${low}, ${high})`,
    (v) => Math.min(Math.max(v, low), high),
    (v) => (v > low && v < high ? 1 : 0),
    (v) => (v >= low && v <= high ? 1 : 0),
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
