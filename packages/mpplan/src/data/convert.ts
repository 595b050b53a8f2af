// From the type of a file to the type of an input: widening is silent, rounding floats is told, loss is refused.
import { allocate, isFloat, type ElementType, type NumericData, type TensorData } from "@mpplan/ir";
import { applyAffine, type Affine } from "./preprocess.js";

/** The numbers that an integer type can hold; for a float type, those integers that it holds exactly. */
const ranges: Readonly<Record<ElementType, readonly [bigint, bigint]>> = {
  bool: [0n, 1n],
  uint8: [0n, 2n ** 8n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  float32: [-(2n ** 24n), 2n ** 24n],
  float64: [-(2n ** 53n), 2n ** 53n],
  bfloat16: [-(2n ** 8n), 2n ** 8n],
  float16: [-(2n ** 11n), 2n ** 11n],
  float4e2m1: [-4n, 4n],
  float8e4m3fn: [-(2n ** 4n), 2n ** 4n],
  float8e4m3fnuz: [-(2n ** 4n), 2n ** 4n],
  float8e5m2: [-(2n ** 3n), 2n ** 3n],
  float8e5m2fnuz: [-(2n ** 3n), 2n ** 3n],
  float8e8m0: [1n, 2n],
  int2: [-2n, 1n],
  int4: [-8n, 7n],
  uint2: [0n, 3n],
  uint4: [0n, 15n],
  // No number is a string.
  string: [1n, 0n],
};

/**
 * The index of the first number that the target cannot hold, or null. Floats always fit a float type, rounded;
 * no float fits an integer type, whatever its value: index 0 is returned.
 */
export function firstLost(data: TensorData, from: ElementType, to: ElementType): number | null {
  if (from === "string" || to === "string") return from === to ? null : 0;
  if (isFloat(from)) return isFloat(to) ? null : 0;
  const [least, most] = ranges[to];
  const [smallest, largest] = ranges[from];
  if (smallest >= least && largest <= most) return null;
  // A comparison of numbers and bigints is exact, but slow: only wide types ever meet a bigint.
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  const [low, high] = wide ? [least, most] : [Number(least), Number(most)];
  for (let i = 0; i < data.length; i++)
    if ((data as NumericData)[i]! < low || (data as NumericData)[i]! > high) return i;
  return null;
}

/** Elements `start` to `end` as a new array of the target type; the affine step is for float targets only. */
export function convert(
  data: TensorData,
  start: number,
  end: number,
  to: ElementType,
  affine: Affine | null,
): TensorData {
  const out = allocate(to, end - start);
  if (affine) {
    for (let i = start; i < end; i++) out[i - start] = applyAffine(affine, Number(data[i]), i - start);
  } else if (out.constructor === data.constructor) {
    return data.slice(start, end);
  } else if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    for (let i = start; i < end; i++) out[i - start] = BigInt(data[i]!);
  } else {
    for (let i = start; i < end; i++) out[i - start] = Number(data[i]);
  }
  return out;
}
