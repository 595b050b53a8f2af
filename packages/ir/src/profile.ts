// The profile: what calibration measured, per neuron. Mergeable: integer histograms and exact sums only.
import { Type, type Static } from "typebox";
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

export const LowFormatStatistics = Type.Object({
  /** Largest |partial sum| of any component, before any rounding error could hide it. */
  peak: Type.Number(),
  /** Components where a step of the low sum saturated or overflowed. */
  clipped: Type.Integer({ minimum: 0 }),
  /** Sum of e^2: e = phi(low value) - phi(exact value). */
  errorSquared: ExactSum,
  /** Sum of Q phi'^2: Q = the squared partial sums over the steps that can round. */
  partialSquared: ExactSum,
  /** Sum of ulp^2 phi'^2 over the same steps, ulp in the low format. */
  ulpSquared: ExactSum,
});
export type LowFormatStatistics = Static<typeof LowFormatStatistics>;

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
  low: Type.Array(LowFormatStatistics),
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
  neurons: Type.Array(NeuronStatistics),
});
export type SiteProfile = Static<typeof SiteProfile>;

export const ProfileSchema = Type.Object(
  {
    kind: Type.Literal("mpplan-profile"),
    version: Type.Literal(1),
    tool: Tool,
    model: Type.Object({ name: Type.String(), digest: Type.String() }),
    data: DataFacts,
    operands: Operands,
    accumulators: Type.Array(Accumulator, { description: "the low accumulators that were measured" }),
    sites: Type.Array(SiteProfile),
  },
  { $id: "urn:mpplan:profile:1", title: "mpplan profile", additionalProperties: false },
);
/** What calibration measured of a model on samples. */
export type Profile = Static<typeof ProfileSchema>;
