// Functions of the elements of broadcast tensors: a stretched element gathers from all its places.
import { broadcastPositions } from "@mpplan/runtime";
import { numbersOf, type GradientContext, type GradientRule, type Room } from "./rule.js";

/** The value of an operand at place i of the output. */
export type Operand = (i: number) => number;

/** The derivative by an operand, counted from 0, at place i of the output. */
export type SlopeAt = (operand: number, i: number) => number;

/** The rule of a function of one element of each operand; `make` is called once per run. */
export function overBroadcast(
  make: (context: GradientContext, operands: readonly Operand[]) => SlopeAt,
): GradientRule {
  return (context) => {
    const { inputs, wanted } = context;
    const out = context.outputs[0]!;
    const places = inputs.map((t) => t && broadcastPositions(t.dims, out.dims));
    const operands = inputs.map((t, k): Operand => {
      const [data, at] = [t!.data, places[k] ?? null];
      return (i) => Number(data[at ? at[i]! : i]);
    });
    const slopeAt = make(context, operands);
    const parts = inputs.map((t, k): ((g: Float64Array, room: Room) => Float64Array) | null => {
      if (!wanted[k]) return null;
      const derivative = numbersOf(out).map((_, i) => slopeAt(k, i));
      const [at, size] = [places[k] ?? null, t!.data.length];
      const plain = at === null && derivative.every((d) => d === 1);
      return (g, room) => {
        if (plain) return g;
        const result = room(size);
        for (let i = 0; i < g.length; i++) {
          if (g[i] !== 0) result[at ? at[i]! : i]! += g[i]! * derivative[i]!;
        }
        return result;
      };
    });
    return ([g], room) => parts.map((part) => part && part(g!, room));
  };
}
