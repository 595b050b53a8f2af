// What the wasm kernels must know of a format, written into their memory as vectors.
import {
  formatNamed,
  maxExponent,
  maxFinite,
  minExponent,
  roundingConstants,
  type FloatFormat,
  type Overflow,
} from "@mpplan/formats";
import { resultFormat, type Accumulator, type ProductRule } from "@mpplan/ir";
import type { Memory, Region } from "./memory.js";

/** The constants of one accumulator in wasm memory. */
export interface Constants {
  readonly f32: number;
  readonly f64: number;
  /** As f64, but whatever is too large for an unclamped kernel becomes infinite: for the guard. */
  readonly guard: number;
  readonly finish: number;
}

const setBytes = 112;

/** Bits that f32 lanes cut off. */
export const cutBits = (format: FloatFormat): number => 24 - format.precision;

/** Trailing zeros of a binary64 sum from which on it may be a tie of its first rounding. */
export const criticalBits = (format: FloatFormat, product: ProductRule): number =>
  Math.max(0, 52 - (product === "fma" ? format.precision : 24));

/** The largest size at which exponent magic and scale keep away from the end of binary32. */
export function laneLimit(format: FloatFormat): number {
  return 2 ** (125 - cutBits(format));
}

export function writeConstants(
  memory: Memory,
  accumulator: Accumulator,
): { constants: Constants; region: Region } {
  const inner = formatNamed(accumulator.format);
  const outer = formatNamed(resultFormat(accumulator));
  const region = memory.allocate(6 * setBytes + 56);
  const f32 = region.at;
  const f64 = f32 + 2 * setBytes;
  const guard = f64 + 2 * setBytes;
  const finish = guard + 2 * setBytes;
  for (const [i, format] of [inner, outer].entries()) {
    if (!format.carrier) writeF32(memory, f32 + i * setBytes, format, accumulator.overflow);
    writeF64(memory, f64 + i * setBytes, format, accumulator, false);
    writeF64(memory, guard + i * setBytes, format, accumulator, true);
  }
  const c = roundingConstants(outer, accumulator.overflow);
  const via32 = accumulator.product === "fma-f32" || accumulator.product === "f32-add";
  memory
    .f64(finish, 7)
    .set([c.scale, c.minNormal, c.tiny, c.limit, c.onOverflow, via32 ? 1 : 0, outer.carrier ? 1 : 0]);
  return { constants: { f32, f64, guard, finish }, region };
}

function writeF32(memory: Memory, at: number, format: FloatFormat, overflow: Overflow): void {
  const cut = cutBits(format);
  const ints = memory.i32(at, 8);
  ints.fill((minExponent(format) + 127) * 2 ** 23, 0, 4);
  ints.fill(cut * 2 ** 23 + 0x400000, 4, 8);
  const floats = memory.f32(at + 32, 16);
  floats.fill(2 ** cut, 0, 4);
  const { onOverflow, limit } = roundingConstants(format, overflow);
  floats.fill(onOverflow, 4, 8);
  floats.fill(belowOrAt(limit), 8, 12);
  floats.fill(onOverflow, 12, 16);
}

function writeF64(
  memory: Memory,
  at: number,
  format: FloatFormat,
  { overflow, product }: Accumulator,
  guard: boolean,
): void {
  const c = roundingConstants(format, overflow);
  const limit = guard ? Math.min(c.limit, laneLimit(format)) : c.limit;
  const onOverflow = guard ? Infinity : c.onOverflow;
  const values = [c.minNormal, 1.5 * c.scale, c.scale, c.onOverflow, limit, onOverflow];
  const vectors = memory.f64(at, 12);
  for (const [i, value] of values.entries()) vectors.fill(value, 2 * i, 2 * i + 2);
  const critical = 2 ** criticalBits(format, product) - 1;
  memory.u32(at + 96, 4).set([critical, critical / 2 ** 32, critical, critical / 2 ** 32]);
}

/** The largest binary32 number that is not above x. */
function belowOrAt(x: number): number {
  const near = Math.fround(x);
  if (near <= x) return near;
  const bits = new Float32Array([near]);
  new Int32Array(bits.buffer)[0]! -= 1;
  return bits[0]!;
}

/** Why a format's sums are not computed here; null where they are. */
export function formatProblem(format: FloatFormat): string | null {
  if (format.carrier) return null;
  if (!format.subnormals) return `${format.name} has no subnormal numbers`;
  if (format.precision > 24) return `${format.name} has more than binary32's 24 significant bits`;
  if (minExponent(format) < -126 || maxExponent(format) > 127)
    return `the range of ${format.name} is wider than that of binary32`;
  return null;
}

/** True where f32 lanes can round to it, given that nothing overflows. */
export const fitsLanes = (format: FloatFormat): boolean => !format.carrier && format.precision <= 22;

/** True where f32 lanes can round to it and clamp: magic works up to the largest value. */
export const fitsClamped = (format: FloatFormat): boolean =>
  fitsLanes(format) && maxFinite(format) <= laneLimit(format);
