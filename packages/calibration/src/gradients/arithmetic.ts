// Elementwise arithmetic on two broadcast tensors.
import { overBroadcast } from "./broadcast.js";
import { numbersOf, type GradientRule } from "./rule.js";

/** The derivative of z = f(x, y) by one operand. */
type Slope = (x: number, y: number, z: number) => number;

export const add = binary(
  () => 1,
  () => 1,
);

export const div = binary(
  (_x, y) => 1 / y,
  (_x, y, z) => -z / y,
);

/** Where the quotient k is not about to change: z = x - k y. */
export const mod = binary(
  () => 1,
  (x, y, z) => (z - x) / y,
);

export const mul = binary(
  (_x, y) => y,
  (x) => x,
);

/** The exponent's derivative is taken as 0 at base 0, and is NaN for a negative base. */
export const pow = binary(
  (x, y) => (y === 0 ? 0 : y * x ** (y - 1)),
  (x, _y, z) => (x === 0 ? 0 : z * Math.log(x)),
);

/** At 0 the derivatives are those of the side above, as the kernel computes it. */
export const pRelu = binary(
  (x, y) => (x < 0 ? y : 1),
  (x) => (x < 0 ? x : 0),
);

export const sub = binary(
  () => 1,
  () => -1,
);

function binary(...slopes: readonly [Slope, Slope]): GradientRule {
  return overBroadcast(({ outputs }, [x, y]) => {
    const z = numbersOf(outputs[0]);
    return (operand, i) => slopes[operand]!(x!(i), y!(i), z[i]!);
  });
}
