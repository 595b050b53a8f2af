// WGSL of a sum's steps in one format: products, additions and roundings as the product rule and the mode want them, by
// the device's own + and * where those cannot be told from the exact ones.
import { formatNamed, type FloatFormat } from "@mpplan/formats";
import { resultFormat, type Accumulator, type ProductRule } from "@mpplan/ir";
import { isFarFromSubnormal, roundFunction, sharesExponents } from "./round.js";
import { roundsWide, roundWideFunction } from "./round-wide.js";

/** One of the two formats of a sum, with all that decides how its values are rounded. */
export interface Stage extends Pick<Accumulator, "product" | "rounding" | "overflow"> {
  readonly name: "inner" | "outer";
  readonly format: FloatFormat;
  /** Exact values are rounded from all of their bits. */
  readonly wide: boolean;
}

export function stageOf(name: Stage["name"], a: Accumulator): Stage {
  const { product, rounding, overflow } = a;
  const format = formatNamed(name === "inner" ? a.format : resultFormat(a));
  // What the product rule has rounded to binary32 is no longer exact, and is drawn for all the same.
  const wide = rounding === "stochastic" || (!viaBinary32(product) && roundsWide(format, rounding));
  return { name, format, product, rounding, overflow, wide };
}

/** `round_<name>` of binary32 bits, and `round_wide_<name>` of an exact value where that takes more than they hold. */
export function roundings({ name, format, rounding, overflow, wide }: Stage): string {
  const whole = wide ? [roundWideFunction(`round_wide_${name}`, format, overflow, rounding)] : [];
  const short =
    rounding === "stochastic"
      ? `fn round_${name}(u: u32) -> u32 { return round_wide_${name}(wide_of(u)); }`
      : roundFunction(`round_${name}`, format, overflow, rounding);
  return [...whole, short].join("\n");
}

export const viaBinary32 = (product: ProductRule): boolean => product === "fma-f32" || product === "f32-add";

/** An exact value of binary32 operands goes to the format through binary32: to odd, where that is not the format. */
const throughOdd = (format: FloatFormat): string => (format.precision === 24 ? "false" : "true");

/** R(a b + c) of the exact value. */
export function exactly({ name, format, wide }: Stage, a: string, b: string, c: string): string {
  if (wide) return `round_wide_${name}(wide_add(wide_product(${a}, ${b}), ${c}))`;
  return `round_${name}(exact_fma(${a}, ${b}, ${c}, ${throughOdd(format)}))`;
}

/**
 * True where the device may flush what is subnormal: it is far below half a place of any sum, and next to zero rounds
 * to zero, to nearest and toward zero. Stochastic rounding may take it up.
 */
const mayFlush = ({ format, rounding }: Stage): boolean =>
  isFarFromSubnormal(format) && rounding !== "stochastic";

export function stepOf(stage: Stage): string {
  const { product, format, name } = stage;
  const [multiply, add] = mayFlush(stage) ? ["multiply_coarse", "add_coarse"] : ["multiply", "add"];
  switch (product) {
    case "f32-add":
      return `round_${name}(${add}(s, ${multiply}(w, h)))`;
    case "fma-f32":
      return `round_${name}(exact_fma(w, h, s, false))`;
    case "fma":
      return exactly(stage, "w", "h", "s");
    case "rounded":
      if (format.precision === 24 && !stage.wide) return `add_inner(s, round_${name}(multiply(w, h)))`;
      return `add_inner(s, ${exactly(stage, "w", "h", "0u")})`;
    default:
      return product satisfies never;
  }
}

/** True where a + b may be rounded to binary32 before it is rounded to the format; `own`: both are numbers of it. */
export function addsThroughBinary32(
  { product, rounding }: Pick<Accumulator, "product" | "rounding">,
  format: FloatFormat,
  own: boolean,
): boolean {
  if (viaBinary32(product)) return true;
  // For p <= 11, rounding a sum of two numbers of the format to 24 bits first is harmless: 24 >= 2p + 2.
  const harmless = format.precision === 24 ? sharesExponents(format) : own && format.precision <= 11;
  return rounding === "nearest-even" && harmless;
}

/** R(a + b), through binary32 where the product rule goes that way; `own`: both are numbers of the format. */
export function additionOf(stage: Stage, own: boolean): string {
  const { format, name } = stage;
  if (!addsThroughBinary32(stage, format, own)) return exactly(stage, "a", "0x3f800000u", "b");
  // A term from outside may be subnormal, and cancel nothing: what it is is rounded away.
  return mayFlush(stage) ? `round_${name}(add_coarse(a, b))` : `round_${name}(add(a, b))`;
}

/** R(s + v) of an exact v. */
export function wideAdditionOf({ product, format, name, wide }: Stage): string {
  const sum = "wide_add(v, s)";
  if (viaBinary32(product)) return `round_${name}(narrowed(${sum}, false))`;
  return wide ? `round_wide_${name}(${sum})` : `round_${name}(narrowed(${sum}, ${throughOdd(format)}))`;
}
