// The constant weights of a recurrent network, cut into the operands of one MatMul per gate.
import { constantInput, type Graph, type Node, type ValueId } from "../graph.js";
import type { ElementType, Tensor } from "../types.js";
import { floatsOf, type Lowering } from "./lowering.js";

/** Which products a sum is of: x and h with both biases, x alone with both, or one of them with its own. */
export type Part = "both" | "input" | "input-own" | "state-own";

export interface DirectionWeights {
  readonly elem: ElementType;
  /** The right operand, [terms, hidden], and the bias [hidden] where there are any; made once. */
  gate(gate: number, part: Part): ValueId[];
  /** The bias that goes with R; null where there are none. */
  stateBias(gate: number): ValueId | null;
  /** The peephole weights of a gate, [hidden]; null where there are none. */
  peephole(gate: number): ValueId | null;
}

/** Those of direction `d`. W is [directions, gates x hidden, input], R the same of hidden, B all of W's, then all of R's. */
export function directionWeights(
  graph: Graph,
  node: Node,
  to: Lowering,
  d: number,
  gates: number,
): DirectionWeights {
  const [w, r] = [1, 2].map((i) => constantInput(graph, node, i)) as [Tensor, Tensor];
  const [b, p] = [constantInput(graph, node, 3), constantInput(graph, node, 7)];
  const [input, hidden] = [w.dims[2]!, r.dims[2]!];
  const direction = d === 1 ? "reverse/" : "";
  const made = new Map<string, ValueId[]>();
  const biasAt = (of: "W" | "R", gate: number, unit: number): number =>
    Number(b!.data[((2 * d + (of === "W" ? 0 : 1)) * gates + gate) * hidden + unit]);

  const make = (gate: number, part: Part): ValueId[] => {
    const name = `${direction}${gate}.${part}`;
    const first = part === "state-own" ? input : 0;
    const end = part === "both" || part === "state-own" ? input + hidden : input;
    const weights = floatsOf(w.elem, [end - first, hidden], (i) => {
      const [k, unit] = [first + Math.floor(i / hidden), i % hidden];
      const row = (d * gates + gate) * hidden + unit;
      return Number(k < input ? w.data[row * input + k] : r.data[row * hidden + k - input]);
    });
    const bias = (unit: number): number => {
      if (part === "input-own") return biasAt("W", gate, unit);
      if (part === "state-own") return biasAt("R", gate, unit);
      return biasAt("W", gate, unit) + biasAt("R", gate, unit);
    };
    return [
      to.constant(`weights.${name}`, weights),
      ...(b ? [to.constant(`bias.${name}`, floatsOf(w.elem, [hidden], bias))] : []),
    ];
  };

  return {
    elem: w.elem,
    gate(gate, part) {
      const key = `${gate}.${part}`;
      let ids = made.get(key);
      if (!ids) made.set(key, (ids = make(gate, part)));
      return ids;
    },
    stateBias: (gate) =>
      b
        ? to.constant(
            `bias.${direction}${gate}.state`,
            floatsOf(w.elem, [hidden], (unit) => biasAt("R", gate, unit)),
          )
        : null,
    peephole: (gate) =>
      p
        ? to.constant(
            `peephole.${direction}${gate}`,
            floatsOf(w.elem, [hidden], (unit) => Number(p.data[(3 * d + gate) * hidden + unit])),
          )
        : null,
  };
}
