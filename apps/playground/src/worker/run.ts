// Runs one input in every mode that there is a plan for: exact, uniform, and the plans that were measured.
import { toNumbers, type Plan, type Sample } from "@mpplan/ir";
import { blankProfile, uniformPlan } from "@mpplan/planner";
import type { Session } from "@mpplan/runtime";
import { tool } from "mpplan";
import { guessTask } from "@mpplan/calibration";
import type { Cut, Measured, ModeView, RunInput, RunView } from "../protocol.js";
import { planOf, type Fronts } from "./cuts.js";
import { drawnSample, grey } from "./drawing.js";
import type { Opened, Tried } from "./state.js";

/** Values of an output that are shown. */
const shown = 10;

export interface Runs {
  run(
    input: RunInput,
    present: { fronts: Fronts; cut: Cut } | null,
    tried: readonly Tried[],
  ): Promise<RunView>;
  dispose(): void;
}

interface Mode {
  readonly name: string;
  readonly plan: Plan | null;
  readonly measured: Measured | null;
}

export function openRuns(opened: Opened): Runs {
  const { graph, model, samples, preprocess, precision, executor, view } = opened;
  const { accumulators, costs, preset } = precision;
  const blank = blankProfile(graph, accumulators, tool);
  const options = { accumulators, costs, preset, seed: opened.options.seed, tool };
  const uniform: Mode[] = accumulators.map((a, rung) => ({
    name: `uniform ${a.format}`,
    plan: uniformPlan(blank, rung, options),
    measured: null,
  }));
  const sessions = new Map<Plan | null, Promise<Session>>();
  const sessionOf = (plan: Plan | null): Promise<Session> => {
    let session = sessions.get(plan);
    if (!session) sessions.set(plan, (session = executor.prepare(graph, plan ?? "reference")));
    return session;
  };
  const sampleOf = (input: RunInput): Sample =>
    input.kind === "drawing"
      ? drawnSample(input.pixels, view.pad!, model.inputs, preprocess)
      : samples.at(input.index);

  return {
    async run(input, present, tried) {
      const sample = sampleOf(input);
      const modes: ModeView[] = [];
      let output = "";
      let classifier = false;
      for (const { name, plan, measured } of [
        { name: "exact sums", plan: null, measured: null },
        ...modesOf(uniform, present, tried),
      ]) {
        const session = await sessionOf(plan);
        const outputs = await session.run(sample);
        const [id, t] = [...outputs][0]!;
        const values = toNumbers(t);
        output = id;
        classifier ||= guessTask(outputs) === "classifier";
        modes.push({
          name,
          values: values.slice(0, shown),
          total: values.length,
          error: plan === null ? 0 : (measured?.error ?? null),
          measuredOn: measured?.samples ?? 0,
          cost: measured?.cost ?? null,
        });
      }
      const pixels = view.pad === null ? null : input.kind === "drawing" ? input.pixels : grey(sample);
      return {
        label: input.kind === "sample" ? samples.label(input.index) : null,
        pixels,
        output,
        classifier,
        modes,
      };
    },
    dispose() {
      for (const session of sessions.values()) void session.then((s) => s.dispose());
      sessions.clear();
    },
  };
}

/** Uniform formats, then per method the measured plan whose cost is nearest to that of the present cut. */
function modesOf(
  uniform: readonly Mode[],
  present: { fronts: Fronts; cut: Cut } | null,
  tried: readonly Tried[],
): Mode[] {
  const byName = (name: string): Tried | undefined => tried.find(({ row }) => row.name === name);
  const flat = uniform.map((mode) => {
    const known = byName(mode.name);
    return known ? { name: mode.name, plan: known.plan, measured: known.measured } : mode;
  });
  const wanted = present && present.cut.method !== "dynamic" ? present.cut.value : 0.75;
  const nearest = (pick: (one: Tried) => boolean): Tried[] =>
    tried
      .filter(pick)
      .sort((a, b) => Math.abs(a.measured.cost - wanted) - Math.abs(b.measured.cost - wanted))
      .slice(0, 1);
  const methods = [
    ...nearest(({ row }) => row.rule === "kappa"),
    ...nearest(({ row }) => row.rule === "contribution"),
    ...nearest(({ row }) => row.mode === "static"),
    ...nearest(({ row }) => row.mode === "hybrid"),
  ].map(({ row, plan, measured }) => ({ name: row.name, plan, measured }));
  if (methods.length > 0 || !present) return [...flat, ...methods];
  return [
    ...flat,
    { name: `${present.cut.method}, as shown`, plan: planOf(present.fronts, present.cut), measured: null },
  ];
}
