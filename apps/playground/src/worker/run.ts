// Runs one input in every mode that there is a plan for: exact, uniform, and the plans that were measured.
import { guessTask } from "@mpplan/calibration";
import { toNumbers, type Plan, type Sample } from "@mpplan/ir";
import { blankProfile, uniformPlan } from "@mpplan/planner";
import type { Executor, TensorMap } from "@mpplan/runtime";
import { tool } from "mpplan";
import type { BackendName, Measured, Method, ModeView, RunInput, RunView } from "../protocol.js";
import { drawnSample, grey } from "./drawing.js";
import { compareBits, ranOf, type Executed } from "./ran.js";
import { Sessions } from "./sessions.js";
import type { Opened, Tried } from "./state.js";

/** Values of an output that are shown. */
const shown = 10;

/** The plan of the knob, where there is one. */
export interface Present {
  readonly plan: Plan;
  readonly method: Method;
  readonly value: number;
}

export interface Runs {
  run(input: RunInput, present: Present | null, tried: readonly Tried[]): Promise<RunView>;
  dispose(): void;
}

interface Mode {
  readonly name: string;
  readonly plan: Plan;
  readonly measured: Measured | null;
}

export function openRuns(opened: Opened): Runs {
  const { graph, model, samples, preprocess, precision, backends, view } = opened;
  const { accumulators, costs, preset } = precision;
  const blank = blankProfile(graph, accumulators, tool);
  const options = { accumulators, costs, preset, seed: opened.options.seed, tool };
  const uniform: Mode[] = accumulators.map((a, rung) => ({
    name: `uniform ${a.format}`,
    plan: uniformPlan(blank, rung, options),
    measured: null,
  }));
  const sessions = new Sessions(graph);
  const sampleOf = (input: RunInput): Sample =>
    input.kind === "drawing"
      ? drawnSample(input.pixels, view.pad!, model.inputs, preprocess)
      : samples.at(input.index);
  const runAll = async (modes: readonly Mode[], sample: Sample, executor: Executor, on: BackendName) => {
    const begin = performance.now();
    const outputs: TensorMap[] = [];
    const executed: Executed[] = [];
    for (const { plan } of modes) {
      const session = await sessions.on(executor, plan);
      outputs.push(await session.run(sample));
      executed.push({ plan, sites: session.executed });
    }
    const view = on === "cpu" ? ({ name: "cpu", adapter: null } as const) : backends.view;
    return { on, outputs, ran: ranOf(executed, view, performance.now() - begin) };
  };
  return {
    async run(input, present, tried) {
      const sample = sampleOf(input);
      const modes = modesOf(uniform, present, tried);
      const exact = await (await sessions.on(backends.cpu, "reference")).run(sample);
      const { on, outputs, ran } = await backends.run((executor, name) =>
        runAll(modes, sample, executor, name),
      );
      const others = on === "cpu" ? null : (await runAll(modes, sample, backends.cpu, "cpu")).outputs;
      sessions.keep([backends.cpu, backends.executor], new Set(modes.map((mode) => mode.plan)));
      return {
        label: input.kind === "sample" ? samples.label(input.index) : null,
        pixels: view.pad === null ? null : input.kind === "drawing" ? input.pixels : grey(sample),
        output: [...exact.keys()][0]!,
        classifier: [exact, ...outputs].some((each) => guessTask(each) === "classifier"),
        modes: [
          modeView({ name: "exact sums", measured: null }, exact, 0, null),
          ...modes.map((mode, i) => modeView(mode, outputs[i]!, null, others && others[i]!)),
        ],
        ran,
      };
    },
    dispose: () => sessions.dispose(),
  };
}

/** The first output; `others` are the cpu's. */
function modeView(
  { name, measured }: Pick<Mode, "name" | "measured">,
  outputs: TensorMap,
  error: number | null,
  others: TensorMap | null,
): ModeView {
  const values = toNumbers([...outputs.values()][0]!);
  return {
    name,
    values: values.slice(0, shown),
    total: values.length,
    error: measured?.error ?? error,
    measuredOn: measured?.samples ?? 0,
    cost: measured?.cost ?? null,
    bits: others && compareBits(outputs, others),
  };
}

/** Uniform formats, then per method the measured plan whose cost is nearest to that of the present cut. */
function modesOf(uniform: readonly Mode[], present: Present | null, tried: readonly Tried[]): Mode[] {
  const byName = (name: string): Tried | undefined => tried.find(({ row }) => row.name === name);
  const flat = uniform.map((mode) => {
    const known = byName(mode.name);
    return known ? { name: mode.name, plan: known.plan, measured: known.measured } : mode;
  });
  const wanted = present && present.method !== "dynamic" ? present.value : 0.75;
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
  return [...flat, { name: `${present.method}, as shown`, plan: present.plan, measured: null }];
}
