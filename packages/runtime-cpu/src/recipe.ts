// From an accumulator, and from what is known of the operands, to the kernel that carries it out exactly.
import { formatNamed, maxFinite, minSubnormal, type FloatFormat } from "@mpplan/formats";
import { printAccumulator, resultFormat, type Accumulator, type ProductRule } from "@mpplan/ir";
import {
  criticalBits,
  fitsClamped,
  fitsLanes,
  formatProblem,
  writeConstants,
  type Constants,
} from "./constants.js";
import type { Memory, Region } from "./memory.js";

/** An accumulator made ready, or why it cannot be. */
export interface Recipe {
  readonly key: string;
  readonly accumulator: Accumulator;
  readonly inner: FloatFormat;
  readonly outer: FloatFormat;
  readonly constants: Constants;
  /** Steps from zero before the outer sum is added to; Infinity for one run. */
  readonly block: number;
  /** How f32 lanes round the outer sum, see assembly/sums32.ts; null where they cannot. */
  readonly outerMode: number | null;
}

/** What is known of an operand without looking at where its numbers stand. */
export interface Survey {
  readonly finite: boolean;
  readonly largest: number;
  /** The same, rounded up to few bits: guards are measured at few different sizes. */
  readonly level: number;
  /** All the numbers are multiples of it; Infinity if all are zero. */
  readonly unit: number;
  /** Significant bits of the one that has most. */
  readonly bits: number;
}

/** What is known of the sums of one call in one accumulator. */
export interface Facts {
  readonly w: Survey;
  readonly h: Survey;
  /** A bound of all partial sums, if nothing can overflow; null if something may. */
  readonly bound: number | null;
}

/** A kernel: how wide its lanes are, and which exports of the wasm module it is. */
export interface KernelChoice {
  readonly lanes: 32 | 64;
  readonly name: string;
}

/** Why the accumulator is left to another backend; null if it is not. */
export function problemWith(a: Accumulator): string | null {
  const say = (why: string): string => `${why} (${printAccumulator(a)})`;
  if (a.rounding !== "nearest-even") return say(`sums rounded ${a.rounding} have no fast kernel`);
  if (a.order.kind === "pairwise" || a.order.kind === "aligned")
    return say(`${a.order.kind} sums have no fast kernel`);
  const [inner, outer] = [formatNamed(a.format), formatNamed(resultFormat(a))];
  const why = formatProblem(inner) ?? formatProblem(outer);
  if (why) return say(why);
  if (Boolean(inner.carrier) !== Boolean(outer.carrier)) return say("binary64 mixed with another format");
  return null;
}

export function makeRecipe(memory: Memory, accumulator: Accumulator): { recipe: Recipe; region: Region } {
  const { constants, region } = writeConstants(memory, accumulator);
  const { order } = accumulator;
  const inner = formatNamed(accumulator.format);
  const outer = formatNamed(resultFormat(accumulator));
  const recipe: Recipe = {
    key: JSON.stringify(accumulator),
    accumulator,
    inner,
    outer,
    constants,
    block: order.kind === "blocked" ? order.block : order.kind === "chunked" ? order.chunk : Infinity,
    outerMode: order.kind !== "chunked" ? 0 : isBinary32(outer) ? 1 : fitsClamped(outer) ? 2 : null,
  };
  return { recipe, region };
}

const isBinary32 = (f: FloatFormat): boolean => f.name === "binary32";

/** The fastest kernel whose result is that of the accumulator, bit for bit, on such operands. */
export function chooseKernel(recipe: Recipe, facts: Facts): KernelChoice {
  const { inner, outer, accumulator } = recipe;
  const finite = facts.w.finite && facts.h.finite;
  const saturates = accumulator.overflow === "saturate";
  if (inner.carrier) return sixtyFour(saturates && !finite ? "binary64Saturate" : "binary64");

  const product = effectiveProduct(recipe, facts);
  const safe = facts.bound !== null;
  const unit = facts.w.unit * facts.h.unit;
  // Nothing needs rounding below the smallest normal value: every sum is a multiple of the smallest subnormal one.
  const onGrid = unit >= minSubnormal(inner);

  if (recipe.outerMode !== null) {
    if (product === "f32-add" && isBinary32(inner)) {
      return thirtyTwo(saturates && !safe ? "binary32Saturate" : "binary32");
    }
    if (product === "f32-add" && fitsLanes(inner)) {
      if (safe) return thirtyTwo(onGrid && inner.precision <= 11 ? "scale" : "magic");
      if (fitsClamped(inner)) return thirtyTwo(saturates ? "saturate" : "select");
    }
    // Sums of two numbers of 11 bits may be rounded twice: 24 >= 2 x 11 + 2.
    const twice = inner.precision <= 11 && (isBinary32(outer) || outer.precision <= 11);
    if (product === "rounded" && fitsLanes(inner) && twice && productsAreExact(facts)) {
      if (safe) return thirtyTwo("rounded");
      if (fitsClamped(inner)) return thirtyTwo(saturates ? "roundedSaturate" : "roundedSelect");
    }
  }

  if (product === "f32-add") return sixtyFour("add32Select");
  if (product === "rounded") {
    return sixtyFour(safe ? "roundedMagic" : saturates ? "roundedSaturate" : "roundedSelect");
  }
  // Exact in binary64: multiples of the unit, and no more than 2^53 of it.
  const name = product === "fma" ? "fma" : "fma32";
  const most = (facts.bound ?? maxFinite(inner)) + facts.w.largest * facts.h.largest;
  const exact = finite && (safe || saturates) && most <= 2 ** 53 * unit;
  if (exact) return sixtyFour(name + (safe ? (onGrid ? "Scale" : "Magic") : "Saturate"));
  // With enough bits in the products, sums that call for more care are rare enough to compute their tiles again.
  const rare = facts.w.bits + facts.h.bits >= 71 - criticalBits(inner, product);
  if (finite && rare && (safe || saturates)) return sixtyFour(`${name}Watch${safe ? "Magic" : "Saturate"}`);
  return sixtyFour(`${name}Select`);
}

/** The cheapest rule that gives the same bits on such operands. */
function effectiveProduct({ inner, outer, accumulator }: Recipe, facts: Facts): ProductRule {
  const { product } = accumulator;
  // Where all is binary32, rounding to it on the way changes nothing.
  const all32 = isBinary32(inner) && isBinary32(outer);
  // But a product that overflows alone saturates alone.
  const alike = facts.bound !== null || accumulator.overflow === "infinity";
  if (product === "rounded" && all32 && alike) return "f32-add";
  const fused = product === "fma-f32" || (product === "fma" && all32);
  return fused && productsAreExact(facts) ? "f32-add" : product;
}

/** True where binary32 holds every product exactly. */
export function productsAreExact({ w, h }: Facts): boolean {
  return (
    w.finite &&
    h.finite &&
    w.bits + h.bits <= 24 &&
    w.unit * h.unit >= 2 ** -149 &&
    w.largest * h.largest < 2 ** 128
  );
}

/** The kernel that carries out the guard: every care, binary64 lanes. */
export function guardKernel({ accumulator }: Recipe): string {
  switch (accumulator.product) {
    case "fma":
      return "fmaSelect";
    case "fma-f32":
      return "fma32Select";
    case "rounded":
      return "roundedSelect";
    case "f32-add":
      return "add32Select";
    default:
      return accumulator.product satisfies never;
  }
}

const thirtyTwo = (name: string): KernelChoice => ({ lanes: 32, name });
const sixtyFour = (name: string): KernelChoice => ({ lanes: 64, name });
