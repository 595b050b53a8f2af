// Elementwise arithmetic on two broadcast tensors: a stretched element gathers from all its places.
import { broadcastPositions } from "@mpplan/runtime";
import { numbersOf, type GradientRule, type Pullback, type Room } from "./rule.js";

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

export const mul = binary(
  (_x, y) => y,
  (x) => x,
);

/** The exponent's derivative is taken as 0 at base 0, and is NaN for a negative base. */
export const pow = binary(
  (x, y) => (y === 0 ? 0 : y * x ** (y - 1)),
  (x, _y, z) => (x === 0 ? 0 : z * Math.log(x)),
);

export const sub = binary(
  () => 1,
  () => -1,
);

function binary(...slopes: readonly [Slope, Slope]): GradientRule {
  return ({ inputs, outputs, wanted }) => {
    const operands = slopes.map((slope, side): ((g: Float64Array, room: Room) => Float64Array) | null => {
      if (!wanted[side]) return null;
      const [a, b, out] = [inputs[0]!, inputs[1]!, outputs[0]!];
      const [x, y, z] = [a.data, b.data, numbersOf(out)];
      const [px, py] = [broadcastPositions(a.dims, out.dims), broadcastPositions(b.dims, out.dims)];
      const derivative = Float64Array.from(z, (_, i) =>
        slope(Number(x[px ? px[i]! : i]), Number(y[py ? py[i]! : i]), z[i]!),
      );
      const places = side === 0 ? px : py;
      const size = inputs[side]!.data.length;
      const plain = places === null && derivative.every((d) => d === 1);
      return (g, room) => {
        if (plain) return g;
        const result = room(size);
        for (let i = 0; i < g.length; i++) {
          if (g[i] !== 0) result[places ? places[i]! : i]! += g[i]! * derivative[i]!;
        }
        return result;
      };
    });
    const pull: Pullback = ([g], room) => operands.map((operand) => operand && operand(g!, room));
    return pull;
  };
}
