// Reports: what a plan was seen to lose, and how rows compare. Versioned JSON documents.
import { Type, type Static } from "typebox";
import { DataFacts, Guarantee, Tool } from "./shared.js";

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

/** What one execution of a site really did. */
export const ExecutedSite = Type.Object({
  site: Type.String(),
  backend: Type.String(),
  /** Components computed per accumulator of the plan, by index; recomputed ones count under both. */
  components: Type.Array(Type.Integer({ minimum: 0 })),
  recomputed: Type.Integer({ minimum: 0 }),
  /** Components whose |W||h| was computed for a run-time test. */
  magnitudes: Type.Integer({ minimum: 0 }),
  total: Type.Integer({ minimum: 0 }),
  /** Why the plan's decision was not carried out as written, where it was not. */
  substitution: Nullable(Type.String()),
});
export type ExecutedSite = Static<typeof ExecutedSite>;

export const UnplannedSum = Type.Object({
  /** The node; one in a body by its path, such as `loop/product`. */
  node: Type.String(),
  op: Type.String(),
  /** A clause that goes on after "not planned, since". */
  reason: Type.String(),
});
/** A node whose sums of products are carried out exactly, since nothing plans them. */
export type UnplannedSum = Static<typeof UnplannedSum>;

export const NodeError = Type.Object({
  site: Type.String(),
  op: Type.String(),
  local: Nullable(Type.Number({ description: "relative Frobenius error of the values, given exact inputs" })),
  cumulative: Nullable(Type.Number({ description: "the same, given the inputs of the run" })),
  fractionHigh: Type.Number(),
});
export type NodeError = Static<typeof NodeError>;

export const ReportSchema = Type.Object(
  {
    kind: Type.Literal("mpplan-report"),
    version: Type.Literal(1),
    tool: Tool,
    model: Type.Object({ name: Type.String(), digest: Type.String() }),
    data: DataFacts,
    seed: Type.Integer(),
    evaluated: Type.Integer({ minimum: 0 }),
    error: Nullable(Type.Number({ description: "relative Frobenius error of the outputs, logits centred" })),
    flips: Nullable(Type.Integer({ description: "samples whose argmax differs from the reference" })),
    accuracy: Nullable(Type.Number()),
    referenceAccuracy: Nullable(Type.Number()),
    cost: Type.Number(),
    fractionHigh: Type.Number(),
    guarantee: Guarantee,
    nodes: Type.Array(NodeError),
    executed: Type.Array(ExecutedSite),
  },
  { $id: "urn:mpplan:report:1", title: "mpplan report", additionalProperties: false },
);
/** What a plan was seen to lose on evaluation samples. */
export type Report = Static<typeof ReportSchema>;

export const ComparisonRow = Type.Object({
  name: Type.String(),
  mode: Type.Union([
    Type.Literal("uniform"),
    Type.Literal("static"),
    Type.Literal("dynamic"),
    Type.Literal("hybrid"),
  ]),
  policy: Nullable(Type.String()),
  rule: Nullable(Type.String()),
  tau: Nullable(Type.Number()),
  targetCost: Nullable(Type.Number()),
  cost: Nullable(Type.Number()),
  fractionHigh: Nullable(Type.Number()),
  error: Nullable(Type.Number()),
  /** The error on the tune samples, before the evaluation samples were looked at. */
  predicted: Nullable(Type.Number()),
  flips: Nullable(Type.Integer()),
  accuracy: Nullable(Type.Number()),
  seconds: Nullable(Type.Number()),
  note: Nullable(Type.String()),
});
/** One line of `mpplan compare`; null where a field does not apply. */
export type ComparisonRow = Static<typeof ComparisonRow>;

export const ComparisonSchema = Type.Object(
  {
    model: Type.Object({ name: Type.String(), digest: Type.String() }),
    samples: Type.Object({
      build: Type.Integer(),
      tune: Type.Integer(),
      digest: Type.String(),
      random: Type.Boolean(),
    }),
    evaluated: Type.Integer({ minimum: 0 }),
    seed: Type.Integer(),
    settings: Type.Record(Type.String(), Type.Unknown()),
    unplanned: Type.Optional(Type.Array(UnplannedSum)),
    rows: Type.Array(ComparisonRow),
  },
  { $id: "urn:mpplan:comparison:1", title: "mpplan comparison", additionalProperties: false },
);
export type Comparison = Static<typeof ComparisonSchema>;
