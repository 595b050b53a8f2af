// What a floating-point format is: a record of facts. Largest value, smallest value and spacing are computed from
// them here; rounding, encoding and the catalogue live in their own files.

import { powerOfTwo } from "./bits.js";
import { FormatError } from "./errors.js";

/** The catalogue's spelling of a format, or `e<E>m<M>`. */
export type FormatName = string;

/** The facts of a binary floating-point format. Make one with {@link defineFormat}. */
export interface FloatFormat {
  readonly name: FormatName;
  /** Width of a code: sign, exponent and fraction bits. */
  readonly bits: number;
  /** Significand bits, the hidden one included. */
  readonly precision: number;
  /** The code of exponent 0 (the value 1 has this biased exponent). */
  readonly bias: number;
  /** Sign and magnitude. Sums need both signs, so there are no unsigned formats here. */
  readonly signed: true;
  readonly infinities: boolean;
  /**
   * "many": the top exponent is reserved as in IEEE 754; "one": only the all-ones code (per sign); "negative-zero":
   * the code that would be -0; "none".
   */
  readonly nans: "none" | "negative-zero" | "one" | "many";
  /** If false, the values next to zero are +-minNormal. */
  readonly subnormals: boolean;
  /** Only binary64 has it: the format in which all the others are computed. */
  readonly carrier?: true;
}

/**
 * Checks the facts and freezes them.
 *
 * A precision above 25 is refused: computing + - x / sqrt in binary64 and rounding the result again is exact only
 * while 53 >= 2p + 2 (Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30(3), 1995). The range must
 * lie inside that of the normal doubles, with room to scale by 2^(53 - p).
 *
 * @throws FormatError `bad-format`
 * @example
 * const e5m6 = defineFormat({ name: "e5m6", bits: 12, precision: 7, bias: 15,
 *   signed: true, infinities: true, nans: "many", subnormals: true });
 */
export function defineFormat(facts: FloatFormat): FloatFormat {
  const problem = problemOf(facts);
  if (problem !== undefined) {
    throw new FormatError("bad-format", {
      what: `${facts.name || "a format without a name"} cannot be defined: ${problem}`,
      where: "defineFormat",
      next: "correct the facts; packages/formats/src/catalog has one example per family",
    });
  }
  return Object.freeze({ ...facts });
}

/** Width of the exponent field. `exponentBits(binary16) === 5` */
export function exponentBits(format: FloatFormat): number {
  return format.bits - format.precision;
}

/** Width of the fraction field. `fractionBits(binary16) === 10` */
export function fractionBits(format: FloatFormat): number {
  return format.precision - 1;
}

/** Exponent of the smallest normal value. `minExponent(binary16) === -14` */
export function minExponent(format: FloatFormat): number {
  return 1 - format.bias;
}

/** Exponent of the largest finite value. `maxExponent(binary16) === 15` */
export function maxExponent(format: FloatFormat): number {
  const topField = 2 ** exponentBits(format) - 1;
  return (format.nans === "many" ? topField - 1 : topField) - format.bias;
}

/** The largest finite value. `maxFinite(ocp-e4m3) === 448` */
export function maxFinite(format: FloatFormat): number {
  // With one NaN, the all-ones fraction of the top exponent is taken: the largest value is one step lower.
  const stepsBelowTwo = format.nans === "one" ? 2 : 1;
  return (2 - stepsBelowTwo * powerOfTwo(1 - format.precision)) * powerOfTwo(maxExponent(format));
}

/** The smallest positive normal value. `minNormal(binary16) === 2 ** -14` */
export function minNormal(format: FloatFormat): number {
  return powerOfTwo(minExponent(format));
}

/** The smallest positive value: minNormal where there are no subnormals. `minSubnormal(binary16) === 2 ** -24` */
export function minSubnormal(format: FloatFormat): number {
  return powerOfTwo(minExponent(format) - (format.subnormals ? fractionBits(format) : 0));
}

/** u = 2^-p: the largest relative error of one rounding to nearest (Higham, ASNA, 2.1). `unitRoundoff(binary16) === 2 ** -11` */
export function unitRoundoff(format: FloatFormat): number {
  return powerOfTwo(-format.precision);
}

const canCarry = 25;

function problemOf(facts: FloatFormat): string | undefined {
  const { name, bits, precision, bias, signed, infinities, nans, carrier } = facts;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return "its name needs lower-case letters, digits and hyphens";
  if (![bits, precision, bias].every(Number.isSafeInteger))
    return "bits, precision and bias must be integers";
  if (signed !== true) return "it must be signed, because sums are";
  if (precision < 2) return `precision ${precision} leaves no fraction bit`;
  const family = `${infinities ? "infinities" : "no infinities"} and nans "${nans}"`;
  const known = nans === "many" ? infinities : ["negative-zero", "none", "one"].includes(nans) && !infinities;
  if (!known)
    return `${family} is none of the four families (IEEE-like, one NaN per sign, NaN for -0, all finite)`;
  const fewest = nans === "many" ? 2 : 1;
  if (exponentBits(facts) < fewest) {
    return `${bits} bits with precision ${precision} leave ${exponentBits(facts)} exponent bits, ${fewest} needed`;
  }
  if (carrier !== undefined) {
    const isBinary64 =
      bits === 64 && precision === 53 && bias === 1023 && nans === "many" && facts.subnormals;
    return isBinary64 ? undefined : "only binary64 carries the others";
  }
  if (precision > canCarry)
    return `precision ${precision} is above ${canCarry}, the most that binary64 carries exactly`;
  if (minExponent(facts) - fractionBits(facts) < -1022) return "its smallest value is not a normal double";
  if (maxExponent(facts) + (53 - precision) > 1022)
    return "its largest value leaves binary64 no room to round";
  return undefined;
}
