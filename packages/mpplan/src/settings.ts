// From what a user asks for to what is done: presets with their overrides, resolved once and echoed.
import { formatNamed } from "@mpplan/formats";
import {
  checkAccumulator,
  costTable,
  defaultPreset,
  parseOrder,
  presetNamed,
  printAccumulator,
  printOperands,
  type Accumulator,
  type Budget,
  type Costs,
  type Operands,
} from "@mpplan/ir";
import { UsageError } from "./errors.js";

/** What a user may ask for. Everything has a default. */
export interface PrecisionOptions {
  readonly preset?: string | undefined;
  readonly low?: string | undefined;
  readonly high?: string | undefined;
  /** A whole ladder, cheapest first, instead of low and high. */
  readonly formats?: readonly string[] | undefined;
  /** An order, or `planned` (block lengths and the order of terms per site) or `planned-blocks`. */
  readonly order?: string | undefined;
  /** False: rows whose sums clip are not scaled by powers of two. */
  readonly rowScales?: boolean | undefined;
  readonly product?: string | undefined;
  readonly rounding?: string | undefined;
  readonly overflow?: string | undefined;
  /** A format, or "none" to leave them as they are. */
  readonly weightsFormat?: string | undefined;
  readonly activationsFormat?: string | undefined;
  readonly costs?: Costs | undefined;
}

/** The resolved precision: what every stage is given. */
export interface Precision {
  readonly preset: string;
  /** Cheapest first. */
  readonly accumulators: readonly Accumulator[];
  readonly operands: Operands;
  readonly costs: Costs;
  /** What calibration may decide about the layout of sums, see `arrange`. */
  readonly arrange: { readonly scales: boolean; readonly blocks: boolean; readonly terms: boolean };
}

const products = ["fma", "fma-f32", "rounded", "f32-add"] as const;
const roundings = ["nearest-even", "toward-zero", "stochastic"] as const;
const overflows = ["saturate", "infinity"] as const;

/** @throws UsageError, FormatError, IrError for what does not exist or does not go together. */
export function resolvePrecision(options: PrecisionOptions): Precision {
  const preset = presetNamed(options.preset ?? defaultPreset);
  if (options.formats && (options.low !== undefined || options.high !== undefined)) {
    throw new UsageError("conflicting-options", {
      what: "--formats names the whole ladder, so --low and --high cannot be given too",
      where: "the choice of formats",
      next: "use either --formats e4m3,binary16 or --low and --high",
    });
  }
  const shared = {
    ...(options.product !== undefined && { product: oneOf("product", options.product, products) }),
    ...(options.rounding !== undefined && { rounding: oneOf("rounding", options.rounding, roundings) }),
    ...(options.overflow !== undefined && { overflow: oneOf("overflow", options.overflow, overflows) }),
  };
  const rung = (base: Accumulator, format: string | undefined): Accumulator =>
    checkAccumulator({
      ...base,
      ...orderOf(options.order, base),
      ...shared,
      format: format === undefined ? base.format : formatNamed(format).name,
    });
  const accumulators = options.formats
    ? options.formats.map((format, i, all) => rung(i === all.length - 1 ? preset.high : preset.low, format))
    : [rung(preset.low, options.low), rung(preset.high, options.high)];
  if (accumulators.length < 2) {
    throw new UsageError("bad-option", {
      what: `A ladder needs at least two formats, not ${accumulators.length}`,
      where: "--formats",
      next: "name them cheapest first, such as --formats ieee-e4m3,e4m7,binary16",
    });
  }
  const costs = resolveCosts(accumulators, options.costs);
  checkLadder(accumulators, costs);
  return {
    preset: preset.name,
    accumulators,
    operands: {
      weights: operand(options.weightsFormat, preset.operands.weights),
      activations: operand(options.activationsFormat, preset.operands.activations),
    },
    costs,
    arrange: {
      scales: options.rowScales ?? true,
      blocks: options.order === "planned" || options.order === "planned-blocks",
      terms: options.order === "planned",
    },
  };
}

/** A planned order starts from blocks: those of the preset, or of 8. */
function orderOf(asked: string | undefined, base: Accumulator): Pick<Accumulator, "order"> | undefined {
  if (asked === undefined) return undefined;
  if (asked !== "planned" && asked !== "planned-blocks") return { order: parseOrder(asked) };
  return { order: base.order.kind === "blocked" ? base.order : { kind: "blocked", block: 8 } };
}

/** The cost of every format in use. @throws UsageError for a cost that would have no effect. */
export function resolveCosts(accumulators: readonly Accumulator[], asked: Costs = {}): Costs {
  const costs = costTable(accumulators, asked);
  for (const name of Object.keys(asked)) {
    if (name in costs) continue;
    throw new UsageError("bad-option", {
      what: `A cost is given for ${name}, which no accumulator uses`,
      where: "--cost",
      next: `give costs for: ${Object.keys(costs).join(", ")}`,
    });
  }
  return costs;
}

/** The resolved precision as lines of text, for the echo before work starts. */
export function describePrecision({
  preset,
  accumulators,
  operands,
  costs,
  arrange,
}: Precision): Record<string, string> {
  const entries = accumulators.map((a, i) => [
    i === 0 ? "low" : i === accumulators.length - 1 ? "high" : `rung ${i}`,
    printAccumulator(a),
  ]);
  return {
    preset,
    ...Object.fromEntries(entries),
    operands: printOperands(operands),
    layout: layoutText(arrange),
    "modelled cost": Object.entries(costs)
      .map(([format, cost]) => `${format} ${cost}`)
      .join(", "),
  };
}

function layoutText({ scales, blocks, terms }: Precision["arrange"]): string {
  const planned = [
    ...(blocks ? ["block lengths planned per site"] : []),
    ...(terms ? ["terms in the order that calibration finds best"] : []),
  ];
  return [
    planned.length > 0 ? planned.join(", ") : "the order of the accumulators",
    scales ? "rows that clip are scaled by powers of two" : "no row is scaled",
  ].join("; ");
}

/** What `--auto` promises: flips in at most this share of samples. */
export const autoFlips = 0.005;

/** The budget that the options give, of which one at most may be given; undefined for none. */
export function resolveBudget(options: {
  tau?: number | undefined;
  budget?: number | undefined;
  maxHigh?: number | undefined;
  maxError?: number | undefined;
  maxFlips?: number | undefined;
  auto?: boolean | undefined;
  confidence?: number | undefined;
}): Budget | undefined {
  const given: Budget[] = [];
  if (options.tau !== undefined) given.push({ kind: "tau", value: options.tau });
  if (options.budget !== undefined) given.push({ kind: "cost", value: options.budget });
  if (options.maxHigh !== undefined) given.push({ kind: "share", value: options.maxHigh });
  if (options.maxError !== undefined) given.push({ kind: "error", value: options.maxError });
  const { confidence = 0.95 } = options;
  if (options.maxFlips !== undefined) given.push({ kind: "flips", value: options.maxFlips, confidence });
  if (options.auto) given.push({ kind: "flips", value: autoFlips, confidence });
  if (given.length > 1) {
    throw new UsageError("conflicting-options", {
      what: `${given.length} budgets are given, and a plan keeps one`,
      where: "--tau, --budget, --max-high, --max-error, --max-flips, --auto",
      next: "give one of them",
    });
  }
  const [budget] = given;
  if (options.confidence !== undefined && budget?.kind !== "flips") {
    throw new UsageError("conflicting-options", {
      what: "A confidence is given, but no rate of flips that it could belong to",
      where: "--confidence",
      next: "add --max-flips or --auto, or leave it out",
    });
  }
  if (
    budget?.kind === "flips" &&
    !(confidence > 0 && confidence < 1 && budget.value > 0 && budget.value < 1)
  ) {
    throw new UsageError("bad-option", {
      what: `A flip rate of ${budget.value} at confidence ${confidence} is out of range`,
      where: "--max-flips and --confidence",
      next: "give both as numbers between 0 and 1, such as --max-flips 0.005 --confidence 0.95",
    });
  }
  if (budget?.kind === "share" && budget.value > 1) {
    throw new UsageError("bad-option", {
      what: `${budget.value} is no share of the multiply-accumulates`,
      where: "--max-high",
      next: "give a number from 0 to 1",
    });
  }
  return budget;
}

function operand(asked: string | undefined, preset: string | null): string | null {
  if (asked === undefined) return preset;
  return asked === "none" ? null : formatNamed(asked).name;
}

function checkLadder(accumulators: readonly Accumulator[], costs: Costs): void {
  accumulators.slice(1).forEach((next, i) => {
    const here = accumulators[i]!;
    if (costs[next.format]! > costs[here.format]!) return;
    throw new UsageError("bad-option", {
      what: `${here.format} (cost ${costs[here.format]}) comes before ${next.format} (cost ${costs[next.format]}), but is not cheaper`,
      where: "the ladder of formats",
      next: "name the formats cheapest first, or set their costs with --cost format=number",
    });
  });
}

export function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((x) => x === value);
  if (found) return found;
  throw new UsageError("bad-option", {
    what: `"${value}" is no ${what}`,
    where: `--${what}`,
    next: `use one of: ${allowed.join(", ")}`,
  });
}
