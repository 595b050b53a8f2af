// The uniform format that costs what a plan costs: the baseline that a plan of two formats must beat.
import { formatNamed } from "@mpplan/formats";
import { checkAccumulator, costTable, type Accumulator, type Costs } from "@mpplan/ir";

/**
 * The low accumulator with as many more bits of fraction as the cost pays for, exponent bits as they are; null where
 * costs are not by bits, the target is no whole number of bits, or it lies outside the pair.
 */
export function formatOfCost(
  target: number,
  low: Accumulator,
  high: Accumulator,
  asked: Costs | undefined,
): { readonly accumulator: Accumulator; readonly costs: Costs } | null {
  const [narrow, wide] = [formatNamed(low.format), formatNamed(high.format)];
  const costs = costTable([low, high], asked);
  if (costs[low.format]! * wide.bits !== costs[high.format]! * narrow.bits) return null;
  const bits = target * wide.bits;
  if (!Number.isInteger(bits) || bits <= narrow.bits || bits >= wide.bits) return null;
  const exponent = narrow.bits - narrow.precision;
  const format = formatNamed(`e${exponent}m${bits - 1 - exponent}`).name;
  const accumulator = checkAccumulator({ ...low, format });
  return { accumulator, costs: { ...costs, [format]: (costs[high.format]! * bits) / wide.bits } };
}
