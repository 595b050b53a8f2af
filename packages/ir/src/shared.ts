// Pieces that more than one document carries.
import { Type, type Static } from "typebox";

export const Tool = Type.Object({ name: Type.String(), version: Type.String() });
export type Tool = Static<typeof Tool>;

export const Guarantee = Type.Union([
  Type.Literal("proved"),
  Type.Literal("calibrated"),
  Type.Literal("observed"),
]);
/**
 * How much a figure promises. `proved`: for every input of a stated box. `calibrated`: on samples that were
 * used neither to build nor to choose. `observed`: on the samples at hand.
 */
export type Guarantee = Static<typeof Guarantee>;

export const Costs = Type.Record(Type.String(), Type.Number({ exclusiveMinimum: 0 }), {
  description: "modelled cost of one multiply-accumulate per format, in any one unit",
});
export type Costs = Static<typeof Costs>;

export const DataFacts = Type.Object({
  digest: Type.String({
    description: "order-free digest of the samples: the sum of their SHA-256 mod 2^256",
  }),
  samples: Type.Integer({ minimum: 0 }),
  random: Type.Boolean({ description: "true where no data was given and random inputs stood in" }),
});
/** Which samples a document was made from. */
export type DataFacts = Static<typeof DataFacts>;
