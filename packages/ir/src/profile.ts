// The profile: what calibration measured, per neuron. Mergeable: integer histograms and exact sums only.
import { Type, type Static } from "typebox";
import { Arrangement } from "./plan.js";
import { Accumulator, Operands } from "./precision.js";
import { DataFacts, Tool } from "./shared.js";

/**
 * A histogram over log2|x|, eight bins an octave: `counts[i]` values in bin `first + i`, where the bin of a
 * normal double is floor of 8 times (exponent + leading 3 fraction bits / 8). Zeros, infinities and NaN are
 * counted apart.
 */
export const LogHistogram = Type.Object({
  first: Type.Integer(),
  counts: Type.Array(Type.Integer({ minimum: 0 })),
  zeros: Type.Integer({ minimum: 0 }),
  infinite: Type.Integer({ minimum: 0 }),
  nan: Type.Integer({ minimum: 0 }),
});
export type LogHistogram = Static<typeof LogHistogram>;

/** An exact sum of doubles, as its greedy expansion: the nearest double, then the nearest to the rest, ... */
export const ExactSum = Type.Array(Type.Number());
export type ExactSum = Static<typeof ExactSum>;

export const RungStatistics = Type.Object({
  /** Largest |partial sum| of any component, before any rounding error could hide it. */
  peak: Type.Number(),
  /** Components where a step of the sum saturated or overflowed. */
  clipped: Type.Integer({ minimum: 0 }),
  /** Sum of e^2: e = phi(rounded value) - phi(exact value). */
  errorSquared: ExactSum,
  /** Sum of Q phi'^2: Q = the squared partial sums over the steps that can round. */
  partialSquared: ExactSum,
  /** Sum of ulp^2 phi'^2 over the same steps. */
  ulpSquared: ExactSum,
  /** Sum of e^2 |S|^2, S = the sensitivity of the network's outputs to phi(v). */
  errorSensitivity: ExactSum,
  /** Sum of Q phi'^2 |S|^2. */
  partialSensitivity: ExactSum,
  /** Sum of ulp^2 phi'^2 |S|^2. */
  ulpSensitivity: ExactSum,
  /** Sum of the smooth estimate of e^2 |S|^2: what independent roundings would do, see `Activation.noise`. */
  smoothSensitivity: ExactSum,
});
/** One accumulator of the ladder, for one neuron. */
export type RungStatistics = Static<typeof RungStatistics>;

/**
 * What a run-time test on a rung's own value would leave: components by the bin of their contribution score
 * (`scoreBin`), and per bin the weighted squared errors on this rung and on every one above.
 */
export const ScoreCurve = Type.Object({
  /** Bins that hold anything, ascending. */
  bins: Type.Array(Type.Integer()),
  counts: Type.Array(Type.Integer({ minimum: 1 })),
  /** Sum of e^2 |S|^2, [rung - own rung][place in `bins`]. */
  measured: Type.Array(Type.Array(ExactSum)),
  /** The smooth estimate of the same. */
  smooth: Type.Array(Type.Array(ExactSum)),
});
export type ScoreCurve = Static<typeof ScoreCurve>;

export const NeuronStatistics = Type.Object({
  /** Components seen: samples x pixels. */
  count: Type.Integer({ minimum: 0 }),
  /** Components with phi'(v) = 0. */
  dead: Type.Integer({ minimum: 0 }),
  /** Components left out of the sums because v or A was not finite, or left binary32. */
  nonFinite: Type.Integer({ minimum: 0 }),
  kappaV: LogHistogram,
  kappaPhiKappaV: LogHistogram,
  kappaPrime: LogHistogram,
  v: ExactSum,
  vSquared: ExactSum,
  magnitude: ExactSum,
  magnitudeSquared: ExactSum,
  /** Sum of (A phi'(v))^2, A = |W||h|+|b|. */
  magnitudeSlopeSquared: ExactSum,
  /** Sum of |S|^2. */
  sensitivitySquared: ExactSum,
  /** Per accumulator of the ladder, cheapest first. */
  rungs: Type.Array(RungStatistics),
  /** Per rung but the last. */
  curves: Type.Array(ScoreCurve),
});
export type NeuronStatistics = Static<typeof NeuronStatistics>;

export const SiteProfile = Type.Object({
  site: Type.String(),
  op: Type.String(),
  length: Type.Integer({ minimum: 0 }),
  macs: Type.Integer({ minimum: 0 }),
  activation: Type.String(),
  /** The activation whose condition number stands in kappa', see `kappaActivation`. */
  kappaActivation: Type.String(),
  /** The factor between the sums and a softmax that follows them; absent where none does. */
  softmaxScale: Type.Optional(Type.Number()),
  /** The ladder as this site was measured in: the order of its sums may be its own. */
  accumulators: Type.Array(Accumulator),
  /** How its sums are laid out; absent where as the model has them. */
  arrangement: Type.Optional(Arrangement),
  neurons: Type.Array(NeuronStatistics),
});
export type SiteProfile = Static<typeof SiteProfile>;

export const ValueStatistics = Type.Object({
  /** Sums seen. */
  count: Type.Integer({ minimum: 0 }),
  /** Sums left out of what follows because they, or their terms, were not finite, or beyond 2^500. */
  nonFinite: Type.Integer({ minimum: 0 }),
  /** Largest |partial sum|, in the terms' order. */
  peak: Type.Number(),
  /** Sum of the |sums|. */
  sum: ExactSum,
  /** Sum of the sums of |term|. */
  magnitude: ExactSum,
});
/** What the exact run showed of one neuron's value sums. */
export type ValueStatistics = Static<typeof ValueStatistics>;

export const ValueProfile = Type.Object({
  site: Type.String(),
  op: Type.String(),
  length: Type.Integer({ minimum: 0 }),
  sameSign: Type.Boolean({ description: "all the terms of a sum are known to have one sign" }),
  neurons: Type.Array(ValueStatistics),
});
/** The sums of plain values of one node. */
export type ValueProfile = Static<typeof ValueProfile>;

export const ProfileSchema = Type.Object(
  {
    kind: Type.Literal("mpplan-profile"),
    version: Type.Literal(1),
    tool: Tool,
    model: Type.Object({ name: Type.String(), digest: Type.String() }),
    data: DataFacts,
    operands: Operands,
    accumulators: Type.Array(Accumulator, { description: "the ladder, as asked for, cheapest first" }),
    sensitivities: Type.String({ description: "how |S|^2 was found, and where it could not be" }),
    sites: Type.Array(SiteProfile),
    /** Absent where the model adds up products alone. */
    valueSums: Type.Optional(Type.Array(ValueProfile)),
  },
  { $id: "urn:mpplan:profile:1", title: "mpplan profile", additionalProperties: false },
);
/** What calibration measured of a model on samples. */
export type Profile = Static<typeof ProfileSchema>;
