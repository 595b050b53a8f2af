// Random inputs, for want of data: good enough to see that a model runs, not to decide its precision.
import { seededRandom, type RandomSource } from "@mpplan/formats";
import { allocate, isFloat, printType, sizeOf, type Samples, type NumericData } from "@mpplan/ir";
import { InputError } from "./errors.js";
import type { InputSpec } from "./pieces.js";

/**
 * Samples of standard normal floats; integers are 0 or 1, which index nearly any table. A symbolic batch is 1.
 * Sample i of a seed is the same whatever the count.
 * @throws InputError `wrong-shape` where an input's dims are not known.
 */
export function randomSamples(inputs: readonly InputSpec[], count: number, seed: number): Samples {
  const known = inputs.map((input) => ({
    id: input.id,
    elem: input.type?.elem ?? "float32",
    dims: dimsOf(input),
  }));
  return {
    count,
    random: true,
    label: () => null,
    at: (index) => {
      // Weyl's step keeps the seeds of neighbouring samples far apart.
      const random = seededRandom(seed + Math.imul(index + 1, 0x9e3779b1));
      return new Map(
        known.map(({ id, elem, dims }) => {
          const data = allocate(elem, sizeOf(dims));
          if (isFloat(elem)) fillNormal(data, random);
          else fillBits(data, random);
          return [id, { elem, dims, data }];
        }),
      );
    },
  };
}

function dimsOf({ id, type }: InputSpec): number[] {
  const dims = type?.shape?.map((dim, axis) => (typeof dim === "number" ? dim : axis === 0 ? 1 : null));
  if (dims?.every((dim) => dim !== null)) return dims as number[];
  throw new InputError("wrong-shape", {
    what: `Random samples need known dims, and the input "${id}" is ${printType(type)}`,
    where: "--random-data",
    next: "give samples with --data: their dims fill in what the model leaves open",
  });
}

/** Box and Muller. */
function fillNormal(data: NumericData, random: RandomSource): void {
  // Never 0, whose logarithm is infinite.
  const uniform = (): number => (random() + 0.5) / 2 ** 24;
  for (let i = 0; i < data.length; i++)
    data[i] = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function fillBits(data: NumericData, random: RandomSource): void {
  for (let i = 0; i < data.length; i++) {
    const bit = random() >>> 23;
    data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(bit) : bit;
  }
}
