// Decided value sums of binary32 data: the frequent operators by loops of their own, with the reference's sums.
import type { Accumulator, Decision, Node, Tensor } from "@mpplan/ir";
import { createSumEngine, type KernelRequest, type KernelResult } from "@mpplan/runtime";
import type { FastRun, Sum } from "./floats.js";
import { softmaxBy } from "./normalizations.js";
import { averagePoolBy, globalAveragePoolBy } from "./pools.js";

/** Null where the node's sums are left to the reference. */
export type DecidedRun = (inputs: readonly (Tensor | null)[]) => KernelResult | null;

const makers: Partial<Record<Node["op"], (sum: Sum) => FastRun>> = {
  AveragePool: averagePoolBy,
  GlobalAveragePool: globalAveragePoolBy,
  Softmax: softmaxBy,
};

/** How to compute such a node; null where there is no faster way than the reference's. */
export function decidedRun({
  node,
  site,
  decision,
  accumulators,
  storage,
}: KernelRequest): DecidedRun | null {
  const make = makers[node.op];
  const use = onlyUse(decision!);
  if (site || !make || use === null || storage !== "binary32") return null;
  const accumulator = accumulators[use]!;
  // Random sequences start anew for every component, which is the reference's affair.
  if (accumulator.rounding === "stochastic") return null;
  let total = 0;
  const sum = sumIn(accumulator);
  const fast = make((terms, count) => {
    total++;
    return sum(terms, count);
  });
  return (inputs) => {
    total = 0;
    const outputs = fast(inputs, node);
    if (!outputs) return null;
    const components = accumulators.map((_, id) => (id === use ? total : 0));
    return { outputs, executed: { components, recomputed: 0, magnitudes: 0, total } };
  };
}

function onlyUse({ ranges }: Decision): number | null {
  const uses = new Set(ranges.map(({ choice }) => (choice.mode === "static" ? choice.use : -1)));
  const [use] = uses;
  return uses.size === 1 && use !== undefined && use >= 0 ? use : null;
}

/** Every term is multiplied by one, as in the reference. */
function sumIn(accumulator: Accumulator): Sum {
  const engine = createSumEngine(accumulator);
  let ones = new Float64Array(0);
  return (terms, count) => {
    if (count > ones.length) ones = new Float64Array(count).fill(1);
    return engine.sum(ones, 0, terms, 0, count);
  };
}
