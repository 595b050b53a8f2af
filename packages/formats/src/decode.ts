// From a code to the number it stands for. `encode` is the way back.

import { powerOfTwo } from "./bits.js";
import { requireNumberCodes } from "./encode.js";
import { FormatError } from "./errors.js";
import { exponentBits, type FloatFormat, fractionBits, minExponent, minSubnormal } from "./format.js";

/**
 * The value of a code. The code of negative zero gives -0; every NaN code gives NaN. Without subnormals, a zero
 * exponent field is a zero.
 *
 * @throws FormatError `bad-code` (not an integer in 0 .. 2^bits - 1), `too-wide` (binary64)
 * @example
 * decode(0x7e, ocpE4m3); // 448
 */
export function decode(code: number, format: FloatFormat): number {
  requireNumberCodes(format, "decode");
  if (!Number.isInteger(code) || code < 0 || code >= 2 ** format.bits) {
    throw new FormatError("bad-code", {
      what: `${code} is no code of ${format.name}`,
      where: "decode",
      next: `give an integer from 0 to 2^${format.bits} - 1`,
    });
  }
  const signCode = 2 ** (format.bits - 1);
  if (code === signCode && format.nans === "negative-zero") return NaN;
  return code < signCode ? magnitude(code, format) : -magnitude(code - signCode, format);
}

function magnitude(code: number, format: FloatFormat): number {
  const hidden = 2 ** fractionBits(format);
  const topField = 2 ** exponentBits(format) - 1;
  const field = Math.floor(code / hidden);
  const fraction = code % hidden;
  if (field === topField && format.nans === "many") return fraction === 0 ? Infinity : NaN;
  if (field === topField && format.nans === "one" && fraction === hidden - 1) return NaN;
  if (field === 0) return format.subnormals ? fraction * minSubnormal(format) : 0;
  return (hidden + fraction) * powerOfTwo(field - 1 + minExponent(format) - fractionBits(format));
}
