// How one sum is carried out: format, order, product rule, rounding, overflow. Change any, change the bits.
import { formatNamed, type FormatName, type Overflow, type RoundingMode } from "@mpplan/formats";
import { Type, type Static } from "typebox";
import { IrError } from "./errors.js";

export const SumOrder = Type.Union([
  Type.Object({ kind: Type.Literal("sequential") }),
  Type.Object({ kind: Type.Literal("blocked"), block: Type.Integer({ minimum: 1 }) }),
  Type.Object({ kind: Type.Literal("chunked"), chunk: Type.Integer({ minimum: 1 }), outer: Type.String() }),
  Type.Object({ kind: Type.Literal("pairwise") }),
  Type.Object({
    kind: Type.Literal("aligned"),
    group: Type.Integer({ minimum: 1 }),
    bits: Type.Integer({ minimum: 2, maximum: 40 }),
  }),
]);
/**
 * The order of a sum of n terms.
 * - `sequential`: one running sum.
 * - `blocked`: `block` steps from zero, then added to the running outer sum, all in the accumulator's format.
 * - `chunked`: the same, but the outer sum is kept in the format `outer`, which is then the sum's format.
 * - `pairwise`: a binary tree; the left part has the largest power of two of terms below n.
 * - `aligned`: `group` products are aligned to the largest exponent among them, cut toward zero to `bits`
 *   significant bits there, summed exactly, and added to the running sum: a model of matrix units.
 */
export type SumOrder = Static<typeof SumOrder>;

export const ProductRule = Type.Union([
  Type.Literal("fma"),
  Type.Literal("fma-f32"),
  Type.Literal("rounded"),
  Type.Literal("f32-add"),
]);
/**
 * How a product enters the sum s, with R the rounding to the format and fl32 to binary32.
 * `fma`: R(s + w h). `fma-f32`: R(fl32(s + w h)). `rounded`: R(s + R(w h)). `f32-add`: R(fl32(s + fl32(w h))).
 */
export type ProductRule = Static<typeof ProductRule>;

export const Accumulator = Type.Object(
  {
    format: Type.String({
      description: "a catalogue name such as binary16, or e<exponent bits>m<fraction bits>",
    }),
    order: SumOrder,
    product: ProductRule,
    rounding: Type.Union([
      Type.Literal("nearest-even"),
      Type.Literal("toward-zero"),
      Type.Literal("stochastic"),
    ]),
    overflow: Type.Union([Type.Literal("saturate"), Type.Literal("infinity")]),
  },
  { description: "everything that fixes the bits of one sum" },
);
export type Accumulator = Static<typeof Accumulator> & { rounding: RoundingMode; overflow: Overflow };

export const Operands = Type.Object({
  weights: Type.Union([Type.String(), Type.Null()]),
  activations: Type.Union([Type.String(), Type.Null()]),
});
/** What is cast before any sum: weights and bias, and activations; null leaves them as they are. */
export type Operands = Static<typeof Operands>;

export const noOperands: Operands = Object.freeze({ weights: null, activations: null });

/** One line that names every choice, such as `ieee-e4m3, blocked(8), fma-f32, nearest-even, saturate`. */
export function printAccumulator(a: Accumulator): string {
  return [a.format, printOrder(a.order), a.product, a.rounding, a.overflow].join(", ");
}

/** `blocked(8)`, `chunked(32, binary32)`, `aligned(32, 14)`, ... */
export function printOrder(order: SumOrder): string {
  switch (order.kind) {
    case "sequential":
    case "pairwise":
      return order.kind;
    case "blocked":
      return `blocked(${order.block})`;
    case "chunked":
      return `chunked(${order.chunk}, ${order.outer})`;
    case "aligned":
      return `aligned(${order.group}, ${order.bits})`;
    default:
      return order satisfies never;
  }
}

/** Reads what `printOrder` prints. @throws IrError `invalid-accumulator`. */
export function parseOrder(text: string): SumOrder {
  const match = /^\s*([a-z]+)\s*(?:\(\s*([^)]*?)\s*\))?\s*$/.exec(text);
  const args = match?.[2]?.split(/\s*,\s*/) ?? [];
  const count = (i: number): number | null => (/^[1-9]\d{0,8}$/.test(args[i] ?? "") ? Number(args[i]) : null);
  const first = count(0);
  if (match?.[1] === "sequential" && args.length === 0) return { kind: "sequential" };
  if (match?.[1] === "pairwise" && args.length === 0) return { kind: "pairwise" };
  if (match?.[1] === "blocked" && args.length === 1 && first) return { kind: "blocked", block: first };
  if (match?.[1] === "chunked" && args.length === 2 && first) {
    return { kind: "chunked", chunk: first, outer: formatNamed(args[1]!).name };
  }
  const bits = count(1);
  if (match?.[1] === "aligned" && args.length === 2 && first && bits && bits >= 2 && bits <= 40) {
    return { kind: "aligned", group: first, bits };
  }
  throw new IrError("invalid-accumulator", {
    what: `"${text}" is no order of summation`,
    where: "the order of an accumulator",
    next: "use sequential, pairwise, blocked(8), chunked(32, binary32) or aligned(32, 14)",
  });
}

/** The format that a finished sum is in: the outer one where the order promotes. */
export function resultFormat(a: Accumulator): FormatName {
  return a.order.kind === "chunked" ? a.order.outer : a.format;
}

/** Checks what the schema cannot: that every format exists. @throws FormatError, IrError. */
export function checkAccumulator(a: Accumulator): Accumulator {
  const format = formatNamed(a.format);
  if (a.order.kind === "chunked") formatNamed(a.order.outer);
  if (format.name === "binary64" && a.rounding !== "nearest-even") {
    throw new IrError("invalid-accumulator", {
      what: `binary64 sums are rounded to nearest only, not ${a.rounding}`,
      where: printAccumulator(a),
      next: "use nearest-even, or a narrower format",
    });
  }
  return a;
}

/** `weights ieee-e4m3, activations as they are`. */
export function printOperands({ weights, activations }: Operands): string {
  return `weights ${weights ?? "as they are"}, activations ${activations ?? "as they are"}`;
}
