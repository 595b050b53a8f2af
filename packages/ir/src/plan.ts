// The plan: what was decided, per neuron. A versioned JSON document; the same inputs give the same bytes.
import { Type, type Static } from "typebox";
import { Accumulator, Operands } from "./precision.js";
import { Costs, DataFacts, Guarantee, Tool } from "./shared.js";

/**
 * When a dynamic choice computes a component again in its high accumulator; v is the low-precision value.
 * - `kappa`: unless kappa_phi(v)/|v| <= tau, so v = 0 and NaN are recomputed. The source paper's rule.
 * - `kappa-full`: unless kappa_phi(v) (|W||h|+|b|)/|v| <= tau; computing |W||h| is charged like a low pass.
 * - `contribution`: unless score(v) <= the neuron's threshold, so NaN is recomputed; see `Activation.score`.
 *   One threshold per neuron of the range in which the choice stands.
 * - `softmax`: p = softmax(scale v) over each row of the output's last axis, v the values that the first pass gave.
 *   Of the range's components in a row those with the smallest w = p (1 - p) stay low (ties by index), as long as
 *   the sum of their w is at most tau; the rest is recomputed, and all of them where p is NaN anywhere.
 * - `random`, `random-live`: with probability `share` (of components, or of those with phi'(v) not 0).
 * `activation` is the function whose condition number is meant, which need not be the one that follows.
 */
export const RecomputeTest = Type.Union([
  Type.Object({ rule: Type.Literal("kappa"), tau: Type.Number({ minimum: 0 }), activation: Type.String() }),
  Type.Object({
    rule: Type.Literal("kappa-full"),
    tau: Type.Number({ minimum: 0 }),
    activation: Type.String(),
  }),
  Type.Object({
    rule: Type.Literal("contribution"),
    activation: Type.String(),
    thresholds: Type.Array(Type.Number()),
  }),
  Type.Object({
    rule: Type.Literal("softmax"),
    tau: Type.Number({ minimum: 0 }),
    scale: Type.Number(),
  }),
  Type.Object({
    rule: Type.Literal("random"),
    share: Type.Number({ minimum: 0, maximum: 1 }),
    seed: Type.Integer(),
  }),
  Type.Object({
    rule: Type.Literal("random-live"),
    share: Type.Number({ minimum: 0, maximum: 1 }),
    seed: Type.Integer(),
    activation: Type.String(),
  }),
]);
export type RecomputeTest = Static<typeof RecomputeTest>;

const AccumulatorId = Type.Integer({ minimum: 0, description: "an index into the plan's accumulators" });

export const Choice = Type.Union([
  Type.Object({ mode: Type.Literal("static"), use: AccumulatorId }),
  Type.Object({
    mode: Type.Literal("dynamic"),
    low: AccumulatorId,
    high: AccumulatorId,
    test: RecomputeTest,
  }),
]);
/** What a run of neurons does: one fixed accumulator, or low first and high where the run-time test says so. */
export type Choice = Static<typeof Choice>;

export const Arrangement = Type.Object({
  /** Step i of every sum takes term terms[i]: of the K inputs, or for Conv of a group's input channels. */
  terms: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0 }), {
      description:
        "step i of every sum takes term terms[i]: a permutation of the K inputs for MatMul and Gemm, of the input channels of a group for Conv, whose ky, kx steps stay inside",
    }),
  ),
  /** Per neuron an exponent. */
  scales: Type.Optional(
    Type.Array(Type.Integer(), {
      description:
        "per neuron an exponent e: weights and bias are multiplied by 2^e before the sum, its result by 2^-e after",
    }),
  ),
});
/**
 * How a site's sums are laid out before any precision is chosen. Both parts are exact: they change which roundings
 * happen, never the exact sum.
 */
export type Arrangement = Static<typeof Arrangement>;

/** `terms permuted, 3 of 100 neurons scaled by 2^-2 to 2^1`; empty where nothing is arranged. */
export function printArrangement({ terms, scales }: Arrangement): string {
  const scaled = scales?.filter((e) => e !== 0) ?? [];
  const [least, most] = [Math.min(...scaled), Math.max(...scaled)];
  const by = least === most ? `2^${least}` : `2^${least} to 2^${most}`;
  return [
    ...(terms?.some((term, i) => term !== i) ? ["terms permuted"] : []),
    ...(scaled.length > 0 ? [`${scaled.length} of ${scales!.length} neurons scaled by ${by}`] : []),
  ].join(", ");
}

export const Decision = Type.Object({
  site: Type.String(),
  op: Type.String(),
  neurons: Type.Integer({ minimum: 1 }),
  length: Type.Integer({ minimum: 0 }),
  macs: Type.Integer({
    minimum: 0,
    description: "multiply-accumulates of one run; sums of plain values have none",
  }),
  /** Absent for sums of products. */
  term: Type.Optional(
    Type.Literal("value", {
      description: "the terms are plain values, not products: such sums are static, and cost nothing",
    }),
  ),
  ranges: Type.Array(
    Type.Object({ start: Type.Integer({ minimum: 0 }), end: Type.Integer({ minimum: 1 }), choice: Choice }),
    { description: "half-open runs of neurons, ascending, covering all of them" },
  ),
  arrangement: Type.Optional(Arrangement),
  because: Type.String(),
});
export type Decision = Static<typeof Decision>;

export const Budget = Type.Union([
  Type.Object({ kind: Type.Literal("none") }),
  Type.Object({ kind: Type.Literal("tau"), value: Type.Number({ minimum: 0 }) }),
  Type.Object({ kind: Type.Literal("cost"), value: Type.Number({ minimum: 0 }) }),
  Type.Object({ kind: Type.Literal("share"), value: Type.Number({ minimum: 0, maximum: 1 }) }),
  Type.Object({ kind: Type.Literal("error"), value: Type.Number({ minimum: 0 }) }),
  Type.Object({
    kind: Type.Literal("flips"),
    value: Type.Number({ minimum: 0, maximum: 1 }),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
  }),
]);
/**
 * What the user allows: a tolerance, a modelled cost (1 = uniform high), a share of MACs in high precision, a largest
 * relative error of the outputs, or a largest rate of flips at that confidence.
 */
export type Budget = Static<typeof Budget>;

export const Prediction = Type.Object({
  error: Type.Union([Type.Number(), Type.Null()]),
  flips: Type.Union([Type.Number(), Type.Null()], {
    description: "share of samples, null for non-classifiers",
  }),
  cost: Type.Number(),
  fractionHigh: Type.Number(),
  samples: Type.Integer({ minimum: 0 }),
  guarantee: Guarantee,
});
export type Prediction = Static<typeof Prediction>;

/** A limit that held on samples used for nothing else: the plan was chosen before they were looked at. */
export const FlipPromise = Type.Object({
  limit: Type.Number({ description: "share of samples whose argmax may differ from the reference" }),
  confidence: Type.Number(),
  samples: Type.Integer({ minimum: 1 }),
  flips: Type.Integer({ minimum: 0 }),
  upper: Type.Number({ description: "the Clopper-Pearson upper limit of what was seen" }),
  guarantee: Guarantee,
});
export type FlipPromise = Static<typeof FlipPromise>;

export const PlanSchema = Type.Object(
  {
    kind: Type.Literal("mpplan-plan"),
    version: Type.Literal(1),
    tool: Tool,
    model: Type.Object({ name: Type.String(), digest: Type.String() }),
    data: Type.Union([DataFacts, Type.Null()]),
    seed: Type.Integer(),
    preset: Type.String(),
    mode: Type.Union([
      Type.Literal("uniform"),
      Type.Literal("static"),
      Type.Literal("dynamic"),
      Type.Literal("hybrid"),
    ]),
    policy: Type.String({ description: "the static policy or dynamic rule" }),
    budget: Budget,
    semantics: Type.Union([Type.Literal("exact"), Type.Literal("floor")], {
      description: "exact: emulate these very accumulators; floor: at least this precision",
    }),
    operands: Operands,
    costs: Costs,
    accumulators: Type.Array(Accumulator, { minItems: 1 }),
    decisions: Type.Array(Decision),
    predicted: Type.Union([Prediction, Type.Null()]),
    promise: Type.Optional(FlipPromise),
    drift: Type.Array(
      Type.Object({
        site: Type.String(),
        logKappaPrime: Type.Array(Type.Union([Type.Number(), Type.Null()])),
        peak: Type.Number(),
      }),
      {
        description:
          "q50, q90, q99 of log2(kappa_phi/|v|) and the largest partial sum seen: the drift alarm's marks",
      },
    ),
  },
  { $id: "urn:mpplan:plan:1", title: "mpplan plan", additionalProperties: false },
);
/** A plan for one model: what every neuron of every sum site does. */
export type Plan = Static<typeof PlanSchema>;
