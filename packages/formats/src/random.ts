// The seeded source of randomness of stochastic rounding. Small, the same on every platform, not for secrets.

/** Returns the next integer, uniform in 0 .. 2^24 - 1. */
export type RandomSource = () => number;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), its top 24 bits. The seed is one 32-bit integer (other numbers are taken
 * modulo 2^32); the first 12 outputs are dropped, as its author does, so that near seeds give unrelated sequences.
 *
 * @example
 * round(1.1, bfloat16, { rounding: "stochastic", random: seededRandom(1) }); // 1.1015625 or 1.09375
 */
export function seededRandom(seed: number): RandomSource {
  let a = 0;
  let b = seed | 0;
  let c = 0;
  let counter = 1;
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 8;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}
