// The page's verbs on one model at a time: opens it, calibrates, cuts, measures, runs.
import { quantile, split, sumSites, type ComparisonRow, type Plan, type Profile } from "@mpplan/ir";
import {
  calibrateModel,
  openModel,
  openPlanner,
  resolvePrecision,
  tool,
  UsageError,
  type OwnedExecutor,
} from "mpplan";
import type {
  Cut,
  CutView,
  DocumentKind,
  DocumentView,
  KappaKind,
  Measured,
  ModelView,
  ProfileView,
  RunInput,
  RunView,
  Source,
  Told,
} from "../protocol.js";
import { bundledFiles } from "./bundled.js";
import { frontsOf, planOf, viewOf } from "./cuts.js";
import { makeDocument } from "./documents.js";
import { padOf } from "./drawing.js";
import { layOut } from "./layout.js";
import { openMeter } from "./measure.js";
import { preprocessOf, readSamples } from "./read-samples.js";
import { planOrReason, rowMakers } from "./rows.js";
import { openRuns, type Runs } from "./run.js";
import type { Opened, Planned, StageOptions, Tried } from "./state.js";

/** Samples at most: enough to plan a small network well, few enough to wait for. */
const most = { samples: 128, evaluate: 96 };
const seed = 1;

export class Workbench {
  private opened: Opened | null = null;
  private planned: Planned | null = null;
  private runs: Runs | null = null;
  private tried: Tried[] = [];
  private rows: ComparisonRow[] = [];
  private job = new AbortController();
  private measuring = new AbortController();

  constructor(
    private readonly backend: OwnedExecutor,
    private readonly tell: (told: Told) => void,
  ) {}

  cancel(): void {
    this.job.abort();
  }

  async open(source: Source): Promise<ModelView> {
    this.forget();
    const given = source.model ? source : await bundledFiles(source);
    const bytes = new Uint8Array(await given.model!.arrayBuffer());
    const name = given.model!.name.replace(/\.onnx$/i, "");
    const model = openModel({ bytes, name });
    const { samples, notes } = await readSamples(given.data, model.inputs, given);
    const precision = resolvePrecision({ preset: given.preset });
    const graph = model.prepare(samples.at(0), { preset: given.preset });
    const calibrate = Math.min(most.samples, Math.max(2, Math.floor(samples.count / 2)));
    const evaluate = Math.max(1, Math.min(most.evaluate, samples.count - calibrate));
    const { executor } = this.backend;
    const options: StageOptions = { preset: precision.preset, samples: calibrate, evaluate, seed, executor };
    const parts = split(samples, { seed, calibrate, evaluate });
    const sites = sumSites(graph);
    if (sites.length === 0) {
      throw new UsageError("bad-option", {
        what: "The model has no MatMul, Gemm or Conv of known shape: there is nothing to plan",
        where: name,
        next: "give another model",
      });
    }
    const siteOf = new Map(sites.map((site, i) => [site.node, i]));
    const used = parts.build.count + parts.tune.count + parts.test.count;
    const view: ModelView = {
      name,
      bytes: bytes.length,
      inputs: graph.inputs,
      outputs: graph.outputs,
      samples: samples.count,
      random: samples.random,
      notes: [
        ...notes,
        `${used} of ${samples.count} samples are used: ${parts.build.count} to measure, ${parts.tune.count} to tune and predict, ${parts.test.count} to evaluate`,
      ],
      pad: padOf(model.inputs),
      sites: sites.map(({ id, neurons, length, macs, node }) => ({
        id,
        op: graph.nodes.find((n) => n.id === node)!.op,
        neurons,
        length,
        macs,
      })),
      drawing: layOut(graph, siteOf),
      formats: precision.accumulators.map((a) => a.format),
    };
    const preprocess = preprocessOf(given);
    const meter = openMeter(graph, parts.test, executor);
    this.opened = {
      name,
      model,
      graph,
      samples,
      parts,
      precision,
      preprocess,
      notes: view.notes,
      options,
      executor,
      meter,
      view,
    };
    this.runs = openRuns(this.opened);
    return view;
  }

  async calibrate(): Promise<ProfileView> {
    const { graph, samples, options, precision, parts } = this.need();
    const { signal } = (this.job = new AbortController());
    const told = {
      ...options,
      signal,
      onProgress: (stage: string, done: number, total: number) =>
        this.tell({ kind: "progress", stage, done, total }),
    };
    this.planned = null;
    this.tried = [];
    this.rows = [];
    const profile = await calibrateModel(graph, samples, told);
    const { accumulators, costs, preset } = precision;
    const fronts = frontsOf(profile, { accumulators, costs, preset, seed, tool });
    const planner = openPlanner({ graph, profile }, samples, options);
    this.planned = { profile, fronts, planner };
    return {
      measured: profile.data.samples,
      wanted: parts.build.count,
      least: { hybrid: fronts.hybrid.baseCost, static: fronts.still.baseCost },
      kappa: kappaOf(profile),
    };
  }

  async chart(): Promise<readonly ComparisonRow[]> {
    const { meter } = this.need();
    const { fronts, planner } = this.needPlanned();
    const { signal } = (this.job = new AbortController());
    const makers = rowMakers(fronts, planner);
    this.tried = [];
    this.rows = [];
    for (const maker of makers) {
      if (signal.aborted) break;
      const made = await planOrReason(maker);
      const measured = made.plan && (await meter.measure(made.plan, signal));
      if (made.plan && !measured) break;
      const row = rowOf(maker.row, measured, made.plan, made.plan ? null : made.reason);
      this.rows.push(row);
      if (made.plan && measured) this.tried.push({ row, plan: made.plan, measured });
      this.tell({ kind: "row", row, done: this.rows.length, total: makers.length });
    }
    return this.rows;
  }

  cut(cut: Cut): CutView {
    this.measuring.abort();
    return viewOf(this.needPlanned().fronts, cut);
  }

  async measure(cut: Cut): Promise<Measured | null> {
    this.measuring.abort();
    const { signal } = (this.measuring = new AbortController());
    const plan = planOf(this.needPlanned().fronts, cut);
    return this.need().meter.measure(plan, signal);
  }

  async run(input: RunInput, cut: Cut | null): Promise<RunView> {
    this.need();
    return this.runs!.run(
      input,
      this.planned && cut ? { fronts: this.planned.fronts, cut } : null,
      this.tried,
    );
  }

  async document(kind: DocumentKind, cut: Cut): Promise<DocumentView> {
    const planned = this.needPlanned();
    const { signal } = (this.job = new AbortController());
    const plan: Plan = planOf(planned.fronts, cut);
    return makeDocument(kind, plan, { ...this.need(), ...planned, rows: this.rows, signal });
  }

  private forget(): void {
    this.cancel();
    this.measuring.abort();
    this.runs?.dispose();
    this.opened = this.planned = this.runs = null;
    this.tried = [];
    this.rows = [];
  }

  private need(): Opened {
    if (this.opened) return this.opened;
    throw new UsageError("no-plan", {
      what: "No model is open",
      where: "this page",
      next: "choose the digit model, or drop an ONNX file",
    });
  }

  private needPlanned(): Planned {
    if (this.planned) return this.planned;
    throw new UsageError("no-plan", {
      what: "Nothing has been measured yet",
      where: "this page",
      next: "start the measurement first",
    });
  }
}

function kappaOf(profile: Profile): ProfileView["kappa"] {
  const medians = (kind: KappaKind): Float32Array[] =>
    profile.sites.map(({ neurons }) => Float32Array.from(neurons, (neuron) => quantile(neuron[kind], 0.5)));
  return {
    kappaV: medians("kappaV"),
    kappaPhiKappaV: medians("kappaPhiKappaV"),
    kappaPrime: medians("kappaPrime"),
  };
}

function rowOf(
  row: Pick<ComparisonRow, "name" | "mode" | "policy" | "rule" | "tau" | "targetCost">,
  measured: Measured | null,
  plan: Plan | null,
  note: string | null,
): ComparisonRow {
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
  };
}
