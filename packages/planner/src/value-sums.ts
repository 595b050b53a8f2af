// Decides the sums of plain values (denominators, statistics, means) before anything is ranked, as range is: the same
// in every plan of a comparison, whatever its policy. They cost no multiply-accumulate, so there is nothing to trade.
import { formatNamed, maxFinite, minNormal } from "@mpplan/formats";
import { resultFormat, type Accumulator, type ValueProfile, type ValueStatistics } from "@mpplan/ir";

export interface ValueDecision {
  readonly accumulator: Accumulator;
  readonly because: string;
}

/** binary32, term after term: for the sums that the high format is too coarse or too short for. */
export const wideAccumulator: Accumulator = {
  format: "binary32",
  order: { kind: "sequential" },
  product: "f32-add",
  rounding: "nearest-even",
  overflow: "infinity",
};

/** The largest error that a sum of any signs may be expected to make, relative to the spread of its exact values. */
const tolerance = 0.01;

/**
 * The high accumulator where it is safe for sums this long and this large; binary32 otherwise.
 *
 * - Terms of one sign stagnate once the sum is so large that a term is less than half its last place: n u <= 0.5 keeps
 *   the error below 1 % (half-normal terms in binary16: 0.6 % at n = 1024, 8.7 % at 4096). Of terms of any sign only
 *   what does not cancel, the share r = sum |s| / sum sum |x| seen in calibration (1 where nothing was), grows so: r n u.
 * - Independent terms of any sign err by 0.3004 u sqrt(n) of the sum's spread (round to nearest, term after term), which
 *   shall be at most 1 %.
 * - The largest partial sum seen is within the format's range, and the average term is no subnormal number.
 *
 * u is half the distance from 1 to the next number; all of it where the rounding is not to nearest. Both laws are those of
 * sequential sums: orders in blocks or trees do better, which is not counted on. The low format is never taken: where
 * its sums do not stagnate (8 terms at u = 2^-4) they still err by percents, and all that is divided by them with them.
 */
export function decideValueSums(site: ValueProfile, high: Accumulator): ValueDecision {
  const u = unitRoundoff(high);
  const format = formatNamed(high.format);
  const outer = formatNamed(resultFormat(high));
  const range = Math.min(maxFinite(format), maxFinite(outer));
  const wide = formatNamed(wideAccumulator.format);
  const terms = `a sum of ${site.length} values of ${site.sameSign ? "one sign" : "any sign"}`;
  const keep = (why: string): ValueDecision => ({ accumulator: high, because: `${terms} ${why}` });
  const widen = (why: string): ValueDecision => ({
    accumulator: wideAccumulator,
    because: `${terms} ${why}: ${wide.name}`,
  });
  if (u <= 2 ** -wide.precision && range >= maxFinite(wide)) return keep(`is added in ${format.name}`);

  const growing = site.sameSign ? 1 : Math.max(...site.neurons.map(notCancelled));
  const stagnation = growing * site.length * u;
  if (stagnation > 0.5) {
    const law = growing === 1 ? "n u" : "r n u";
    return widen(`would stagnate in ${format.name} (${law} = ${short(stagnation)} > 0.5)`);
  }
  const error = 0.3004 * u * Math.sqrt(site.length);
  if (!site.sameSign && error > tolerance) {
    return widen(`would lose ${short(100 * error)} % of its spread in ${format.name}`);
  }
  const peak = Math.max(...site.neurons.map((n) => (n.nonFinite > 0 ? Infinity : n.peak)));
  if (peak > range) return widen(`grows to ${short(peak)}, beyond the ${range} of ${format.name}`);
  const least = Math.min(...site.neurons.map((n) => averageTerm(n, site.length)));
  if (least < minNormal(format)) {
    return widen(`of ${short(least)} on average would leave the normal range of ${format.name}`);
  }
  return keep(`is short enough for ${format.name} (n u = ${short(site.length * u)})`);
}

function unitRoundoff(accumulator: Accumulator): number {
  const { format, order, rounding } = accumulator;
  const outer = resultFormat(accumulator);
  const precision = Math.min(formatNamed(format).precision, formatNamed(outer).precision);
  const u = 2 ** (rounding === "nearest-even" ? -precision : 1 - precision);
  // Aligned terms are cut toward zero before they are added.
  return order.kind === "aligned" ? Math.max(u, 2 ** (1 - order.bits)) : u;
}

/** r: which share of what is added up does not cancel. */
function notCancelled({ count, nonFinite, sum, magnitude }: ValueStatistics): number {
  // Nothing was seen.
  if (count === nonFinite) return 1;
  return magnitude.length === 0 ? 0 : Math.min(1, (sum[0] ?? 0) / magnitude[0]!);
}

/** Infinity where nothing but zeros was seen. */
function averageTerm({ count, nonFinite, magnitude }: ValueStatistics, length: number): number {
  return magnitude.length === 0 ? Infinity : magnitude[0]! / ((count - nonFinite) * length);
}

function short(x: number): string {
  return String(Number(x.toPrecision(2)));
}
