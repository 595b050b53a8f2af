// A format in one line, for people.

import { type FloatFormat, maxFinite, minSubnormal } from "./format.js";

/**
 * Width, significand bits, range and unit roundoff of a format.
 *
 * @example
 * describeFormat(ieeeE4m3); // ieee-e4m3: 8 bits, 4 significant, max 240, smallest 0.001953125, unit roundoff 2^-4
 */
export function describeFormat(format: FloatFormat): string {
  const { name, bits, precision } = format;
  const range = `max ${maxFinite(format)}, smallest ${minSubnormal(format)}`;
  return `${name}: ${bits} bits, ${precision} significant, ${range}, unit roundoff 2^-${precision}`;
}
