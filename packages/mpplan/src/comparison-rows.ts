// The rows of a comparison: what a plan's row says before and after it was evaluated.
import type { Evaluation } from "@mpplan/calibration";
import type { ComparisonRow, Plan } from "@mpplan/ir";
import {
  ruleNamed,
  type FitRequest,
  type Fitted,
  type FittedHybrid,
  type HybridRequest,
} from "@mpplan/planner";

/** A row to come: its plan, and what the table says of it. */
export interface Entry {
  readonly plan: Plan | null;
  /** What its threshold was fitted to, for dynamic rows. */
  readonly request?: FitRequest | undefined;
  /** What its cost was fitted to, for hybrid rows. */
  readonly hybrid?: HybridRequest | undefined;
  /** True where the tune samples prefer it to the other contenders of its cost. */
  chosen?: boolean;
  /** Its error on the tune samples. */
  predicted?: number | null;
  /** True where the threshold was lowered to keep the target. */
  readonly lowered?: boolean;
  readonly row: Pick<ComparisonRow, "name" | "mode" | "policy" | "rule" | "tau" | "targetCost"> & {
    note?: string;
  };
}

/** How far the measured cost of a row may lie above its target. */
export const slack = 0.005;

export function dynamicEntry(target: number, fitted: Fitted): Entry {
  const { name } = fitted.request.rule;
  const isTau = ruleNamed(name).threshold === "tau";
  const nothing = Number.isNaN(fitted.fraction);
  return {
    plan: fitted.plan,
    request: nothing ? undefined : fitted.request,
    row: {
      name: `dynamic ${name}`,
      mode: "dynamic",
      policy: null,
      rule: name,
      tau: isTau && !nothing ? fitted.threshold : null,
      targetCost: target,
      ...(nothing && { note: "no threshold recomputes this little" }),
      ...(fitted.saturated && { note: "nothing is left that the rule would recompute" }),
    },
  };
}

export function hybridEntry(name: string, { request, plan }: FittedHybrid, target = request.target): Entry {
  const row = { name, mode: "hybrid" as const, policy: "hybrid", rule: null, tau: null, targetCost: target };
  return { plan, hybrid: request, row };
}

export function outOfReach(mode: "dynamic" | "hybrid", name: string, target: number, least: number): Entry {
  const dynamic = mode === "dynamic";
  return {
    plan: null,
    row: {
      name: dynamic ? `dynamic ${name}` : name,
      mode,
      policy: dynamic ? null : "hybrid",
      rule: dynamic ? name : null,
      tau: null,
      targetCost: target,
      note: cannot(least),
    },
  };
}

export function cannot(least: number): string {
  return `cannot: it costs at least ${Number(least.toPrecision(4))}`;
}

export function rowOf({ row, lowered, chosen, predicted }: Entry, result: Evaluation | null): ComparisonRow {
  const notes = [
    chosen && "the compiler's choice",
    row.note,
    lowered && "threshold lowered, to keep the target on these samples",
    result && overTarget(row.targetCost, result.cost),
    result && result.error === null && "the error is not finite",
  ];
  return {
    name: row.name,
    mode: row.mode,
    policy: row.policy,
    rule: row.rule,
    tau: row.tau,
    targetCost: row.targetCost,
    cost: result?.cost ?? null,
    fractionHigh: result?.fractionHigh ?? null,
    error: result?.error ?? null,
    predicted: predicted ?? null,
    flips: result?.flips ?? null,
    accuracy: result?.accuracy ?? null,
    seconds: result?.seconds ?? null,
    note: notes.filter(Boolean).join("; ") || null,
  };
}

export function excess({ row }: Entry, result: Evaluation | undefined): number {
  return result && row.targetCost !== null ? result.cost - row.targetCost : 0;
}

function overTarget(target: number | null, cost: number): string | null {
  if (target === null || cost <= target + slack) return null;
  return `costs ${(cost - target).toFixed(3)} more than its target on these samples`;
}
