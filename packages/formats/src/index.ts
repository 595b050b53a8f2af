// @mpplan/formats: binary floating-point formats as records of facts, and rounding to them.

export * from "./catalog/index.js";
export { decode } from "./decode.js";
export { describeFormat } from "./describe.js";
export { elementaryConstants, exp, log } from "./elementary.js";
export { encode } from "./encode.js";
export { type ErrorBeats, FormatError, type FormatErrorCode, MpplanError } from "./errors.js";
export { fmaToOdd, fusedMultiplyAdd32, sumToOdd, twoSumError } from "./exact.js";
export { compileRound, roundNearestEven, type RoundingConstants, roundingConstants } from "./fast-round.js";
export {
  defineFormat,
  exponentBits,
  type FloatFormat,
  type FormatName,
  fractionBits,
  maxExponent,
  maxFinite,
  minExponent,
  minNormal,
  minSubnormal,
  unitRoundoff,
} from "./format.js";
export { formatNamed } from "./named.js";
export { type RandomSource, seededRandom } from "./random.js";
export { type Overflow, round, type RoundingMode, type RoundOptions } from "./round.js";
export { nextDown, nextUp, ulp, ulpsBetween } from "./ulp.js";
