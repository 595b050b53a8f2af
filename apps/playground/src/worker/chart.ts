// The chart's plans, made and measured one after another; what was measured on a backend is not measured on it again.
import type { Plan } from "@mpplan/ir";
import type { Measured, MeasuredRow, Told } from "../protocol.js";
import { planOrReason, rowMakers, type RowMaker } from "./rows.js";
import type { Opened, Planned, Tried } from "./state.js";

export class Chart {
  private readonly makers: readonly RowMaker[];
  private readonly known = new Map<
    RowMaker,
    { row: MeasuredRow; plan: Plan | null; measured: Measured | null }
  >();

  constructor(
    private readonly opened: Opened,
    { profile, planOptions, planner }: Planned,
  ) {
    this.makers = rowMakers(profile, planOptions, planner);
  }

  get rows(): readonly MeasuredRow[] {
    return [...this.known.values()].map(({ row }) => row);
  }

  get tried(): readonly Tried[] {
    return [...this.known.values()].flatMap(({ row, plan, measured }) =>
      plan && measured ? [{ row, plan, measured }] : [],
    );
  }

  /** Goes on until all is measured or the signal fires. */
  async measure(signal: AbortSignal, tell: (told: Told) => void): Promise<void> {
    for (const [i, maker] of this.makers.entries()) {
      if (signal.aborted) return;
      if (this.isNew(maker) && !(await this.add(maker, signal))) return;
      tell({ kind: "row", row: this.known.get(maker)!.row, done: i + 1, total: this.makers.length });
    }
  }

  private isNew(maker: RowMaker): boolean {
    const known = this.known.get(maker);
    if (!known) return true;
    return known.measured !== null && known.measured.backend !== this.opened.backends.view.name;
  }

  /** False where the signal fired first. */
  private async add(maker: RowMaker, signal: AbortSignal): Promise<boolean> {
    const { meter, backends } = this.opened;
    const old = this.known.get(maker)?.plan;
    const made = old ? { plan: old } : await planOrReason(maker);
    const { plan } = made;
    const measured =
      plan && (await backends.run((executor, on) => meter.measure(plan, executor, on, signal)));
    if (plan && !measured) return false;
    const row = rowOf(maker.row, measured, plan, made.plan ? null : made.reason);
    this.known.set(maker, { row, plan, measured });
    return true;
  }
}

function rowOf(
  row: RowMaker["row"],
  measured: Measured | null,
  plan: Plan | null,
  note: string | null,
): MeasuredRow {
  return {
    ...row,
    cost: measured?.cost ?? null,
    fractionHigh: measured?.fractionHigh ?? null,
    error: measured?.error ?? null,
    predicted: plan?.predicted?.error ?? null,
    flips: measured?.flips ?? null,
    accuracy: null,
    seconds: null,
    note: note ?? (measured && measured.error === null ? "the error is not finite" : null),
    backend: measured?.backend ?? null,
  };
}
