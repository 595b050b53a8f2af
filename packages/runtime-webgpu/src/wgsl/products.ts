// Shaders around a sum: the sums themselves, one component per invocation, and what lays their operands out.
import type { Accumulator } from "@mpplan/ir";
import type { Shader } from "../shader.js";
import { beginDraws } from "./draws.js";
import { withArithmetic } from "./float.js";
import { nativeFinish, nativeFunctions, nativeTile, type NativeKind } from "./native.js";
import { quickSteps, type TileWriter } from "./quick.js";
import { finishFunctions, sumFunctions, type Factors } from "./sum.js";

/** What differs between the problems that one shader is for. */
export interface ProductVariant extends Factors {
  /** Terms are found through a table. */
  readonly taps: boolean;
  readonly scaled: boolean;
  /** The sums are |W||h| + |b|: operands without their signs. */
  readonly magnitudes: boolean;
  /** Which components: those of all columns or of a list of them, or those in a queue. */
  readonly from: "columns" | "queue";
}

export const productParams = [
  ...["zero", "seed", "alpha", "beta", "biased", "length"],
  ...["rows", "columns", "groups", "samples", "lanes", "width"],
  ...["row_step", "term_step", "out_row", "out_column", "bias_row", "bias_column"],
  ...["units_at", "taps_at", "places_at", "scales_at", "unscale_at", "list_at", "slots_at", "slot_at"],
] as const;

export type ProductParams = Readonly<Record<(typeof productParams)[number], number>>;

/** A table that a problem does not have begins nowhere. */
export const lookUp = `
fn looked_up(table: u32, i: u32, otherwise: u32) -> u32 {
  if (table == 0xffffffffu) { return otherwise; }
  return tables[table + i];
}`;

/** From an element to the component that it stands for: group, column, row, and where its output is. */
export function locate(from: ProductVariant["from"]): string {
  const lane = {
    columns: "let at = id % p.lanes; let line = id / p.lanes; let lane = looked_up(p.list_at, at, at);",
    queue: "let at = queue[1u + id] % p.lanes; let line = queue[1u + id] / p.lanes; let lane = at;",
  }[from];
  return `  ${lane}
${component}`;
}

/** What follows from a lane and a line: group, column, row, unit, and where the output is. */
export const component = `  let row = line % p.rows;
  let group_at = lane / p.columns;
  let column = lane % p.columns;
  let unit = p.units_at + (group_at * p.samples + line / p.rows) * 3u;
  let out_at = tables[unit + 1u] + row * p.out_row + column * p.out_column;`;

const operand = (bits: string, { magnitudes }: Pick<ProductVariant, "magnitudes">): string =>
  magnitudes ? `(${bits} & 0x7fffffffu)` : bits;

/** A sum with its bias, which both are scaled where neurons are: as the output has it. */
export function finished(sum: string, variant: Pick<ProductVariant, "scaled" | "magnitudes">): string {
  const { scaled } = variant;
  const biasAt = "(tables[unit + 2u] + row * p.bias_row + column * p.bias_column) * p.biased";
  const bias = operand(`biases[${biasAt}]`, variant);
  if (!scaled) return `finish(${sum}, ${bias})`;
  return `scale(finish(${sum}, scale(${bias}, tables[p.scales_at + lane])), tables[p.unscale_at + lane])`;
}

export const scaleFunction = "fn scale(a: u32, by: u32) -> u32 { return multiply(a, by); }";

export const usesHalves = (code: string): { readonly halves?: true } =>
  /\bf16\(/.test(code) ? { halves: true } : {};

/** How a sum is written in WGSL: functions `sum_terms(n)` and `finish(sum, bias)` over the operands' bits. */
export type SumWriter = (terms: { w: string; h: string }, factors: Factors) => string;

export const emulated =
  (accumulator: Accumulator): SumWriter =>
  (terms, factors) =>
    sumFunctions(accumulator, terms, factors);

/** The same in tiles; null where an accumulator has no quick steps. */
export function emulatedTiles(accumulator: Accumulator): TileWriter | null {
  const steps = quickSteps(accumulator);
  return steps && ((factors) => ({ ...steps, finish: finishFunctions(accumulator, factors) }));
}

export const native =
  (accumulator: Accumulator, kind: NativeKind): SumWriter =>
  (terms, factors) =>
    nativeFunctions(kind, accumulator, terms, factors);

export function nativeTiles(accumulator: Accumulator, kind: NativeKind): TileWriter | null {
  const steps = nativeTile(kind, accumulator);
  return steps && ((factors) => ({ ...steps, finish: nativeFinish(factors) }));
}

/** Every component of a list, or of a queue, in one accumulator: scaled, with its bias, unscaled. */
export function productShader(label: string, sums: SumWriter, variant: ProductVariant): Shader {
  const { taps, scaled, from } = variant;
  const h = operand(taps ? "x[h_at + tables[p.taps_at + k]]" : "x[h_at + k * p.term_step]", variant);
  const w = operand("weights[w_at + k * p.width]", variant);
  const functions = withArithmetic(
    [
      lookUp,
      "var<private> h_at: u32;",
      "var<private> w_at: u32;",
      sums({ w, h }, variant),
      ...(scaled ? [scaleFunction] : []),
    ].join("\n"),
  );
  return {
    label,
    buffers: {
      x: "read u32",
      weights: "read u32",
      biases: "read u32",
      tables: "read u32",
      ...(from === "queue" && { queue: "read u32" as const }),
      values: "write u32",
    },
    params: productParams,
    functions,
    body: `${locate(from)}
  h_at = tables[unit] + looked_up(p.places_at, row, row * p.row_step);
  w_at = group_at * p.length * p.width + looked_up(p.slot_at, lane, column);
${beginDraws(functions, "out_at")}  values[out_at] = ${finished("sum_terms(p.length)", variant)};`,
    ...(from === "queue" && { countIn: "queue" }),
    ...usesHalves(functions),
  };
}

export const packParams = [
  ...["zero", "length", "columns", "width", "column_step", "term_step"],
  ...["first_at", "order_at", "scales_at", "slots_at"],
] as const;

/** Weights as [group, term, slot], in the order of the steps, scaled: neighbours read neighbours. Empty slots are zero. */
export function packShader(ordered: boolean, scaled: boolean): Shader {
  const term = ordered ? "tables[p.order_at + k]" : "k";
  const weight = "source[tables[p.first_at + group_at] + column * p.column_step + term * p.term_step]";
  return {
    label: "pack weights",
    buffers: { source: "read u32", tables: "read u32", packed: "write u32" },
    params: packParams,
    functions: `${lookUp}\n${scaled ? withArithmetic(scaleFunction) : ""}`,
    body: `  let slot = id % p.width;
  let k = (id / p.width) % p.length;
  let group_at = id / p.width / p.length;
  let lane = looked_up(p.slots_at, group_at * p.width + slot, group_at * p.columns + slot);
  if (lane == 0xffffffffu) { packed[id] = 0u; return; }
  let column = lane % p.columns;
  let term = ${term};
  packed[id] = ${scaled ? `scale(${weight}, tables[p.scales_at + lane])` : weight};`,
  };
}

/** Images with room for zeros around them: every run of numbers to its place. */
export const padShader: Shader = {
  label: "pad images",
  buffers: { source: "read u32", tables: "read u32", padded: "write u32" },
  params: ["size", "runs", "run_length", "runs_at", "froms_at"],
  body: `  let i = id % p.run_length;
  let run = (id / p.run_length) % p.runs;
  let unit = id / p.run_length / p.runs;
  padded[unit * p.size + tables[p.runs_at + run] + i] = source[tables[p.froms_at + unit] + run * p.run_length + i];`,
};
