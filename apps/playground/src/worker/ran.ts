// What sessions say that they executed, and how outputs compare with others bit by bit.
import { toNumbers, type ExecutedSite, type Plan } from "@mpplan/ir";
import type { TensorMap } from "@mpplan/runtime";
import type { BackendView, Bits, RanView } from "../protocol.js";

export interface Executed {
  readonly plan: Plan;
  readonly sites: readonly ExecutedSite[];
}

/** One run of several plans, as what a backend did of it itself and what was done instead of what was asked for. */
export function ranOf(runs: readonly Executed[], backend: BackendView, milliseconds: number): RanView {
  const substitutions = new Map<string, Set<string>>();
  let [sums, own] = [0, 0];
  for (const { plan, sites } of runs) {
    const decided = new Set(plan.decisions.map((decision) => decision.site));
    for (const { site, backend: by, substitution } of sites) {
      if (decided.has(site)) {
        sums++;
        if (by === backend.name && substitution === null) own++;
      }
      if (substitution === null) continue;
      const nodes = substitutions.get(substitution) ?? new Set();
      substitutions.set(substitution, nodes.add(site));
    }
  }
  return {
    backend: backend.name,
    adapter: backend.adapter,
    milliseconds,
    modes: runs.length,
    sums,
    own,
    substitutions: [...substitutions].map(([what, nodes]) => ({ what, nodes: [...nodes] })),
  };
}

/** Whether all values of all outputs are the same bits, but for the payload of a NaN, and how far they lie apart. */
export function compareBits(outputs: TensorMap, others: TensorMap): Bits {
  let [same, difference] = [outputs.size === others.size, 0];
  for (const [id, t] of outputs) {
    const [a, b] = [toNumbers(t), toNumbers(others.get(id)!)];
    if (a.length !== b.length) return { same: false, difference: Infinity };
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i]!, b[i]!];
      if (Object.is(x, y)) continue;
      same = false;
      const apart = Math.abs(x - y);
      difference = Math.max(difference, Number.isNaN(apart) ? Infinity : apart);
    }
  }
  return { same, difference };
}
